"""Everything as JSON, a line each, for programs. Pictures are named by the file that they are kept in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Self

import typer

from weaver import Event, Picture
from weaver.cli.encoding import is_text

SavePicture = Callable[[Picture], Path]


def print_json(value: Any) -> None:
    """Write one line; what is no text, such as the name of a file may hold, is escaped."""
    line = json.dumps(value, ensure_ascii=False)
    typer.echo(line if is_text(line) else json.dumps(value))


def jsonable(value: Any, save: SavePicture | None = None) -> Any:
    """Events, answers and whatever is in them; bytes are left out, and pictures that came have a `path` if they are kept."""
    match value:
        case tuple() | list():
            return [jsonable(one, save) for one in value]
        case dict():
            return {name: jsonable(one, save) for name, one in value.items()}
        case _ if is_dataclass(value):
            held = {field.name: getattr(value, field.name) for field in fields(value)}
            named = {name: jsonable(one, save) for name, one in held.items() if name != "data"}
            if isinstance(value, Picture) and save is not None:
                named["path"] = str(save(value)) if value.data is not None else None
            return named
    return value


class JsonWriter:
    """Writes every event as it comes, under its name: `text_delta`, `picture_done`, …, `finished`."""

    def __init__(self, save: SavePicture) -> None:
        self._save = save

    def write(self, event: Event) -> None:
        """Write one event."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        print_json({"event": name, **jsonable(event, self._save)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass
