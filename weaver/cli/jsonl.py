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

Keep = Callable[[Picture], Path]


def say_json(value: Any) -> None:
    """Write one line."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def as_json(value: Any, keep: Keep | None = None) -> Any:
    """Events, answers and whatever is in them; bytes are left out, and pictures that came have a `path` if they are kept."""
    match value:
        case tuple() | list():
            return [as_json(one, keep) for one in value]
        case dict():
            return {name: as_json(one, keep) for name, one in value.items()}
        case _ if is_dataclass(value):
            held = {field.name: getattr(value, field.name) for field in fields(value)}
            told = {name: as_json(one, keep) for name, one in held.items() if name != "data"}
            if isinstance(value, Picture) and keep is not None:
                told["path"] = str(keep(value)) if value.data is not None else None
            return told
    return value


class JsonVoice:
    """Tells every event as it comes, under its name: `text_delta`, `picture_done`, …, `finished`."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    def hear(self, event: Event) -> None:
        """Tell one event."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        say_json({"event": name, **as_json(event, self._keep)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass
