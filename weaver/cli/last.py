"""Which answer was asked for last from here, at each gateway, so that `--last` can go on from it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import typer

from weaver.cli.errors import notice


def remember(url: str, response_id: str) -> None:
    """Make an answer the last one."""
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_known() | {url: response_id}), encoding="utf-8")
    except OSError as error:
        notice(f"`--last` will not know this answer: {path} cannot be written ({error.strerror}).")


def last(url: str) -> str:
    """The last one's id.

    Raises:
        typer.BadParameter: there is none.
    """
    response_id = _known().get(url)
    if not isinstance(response_id, str):
        raise typer.BadParameter(
            f"nothing was asked at {url} from here yet; `weaver list` shows what there is"
        )
    return response_id


def _known() -> dict[str, Any]:
    try:
        known = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _path() -> Path:
    # As the XDG base directory specification has it.
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "weaver" / "last.json"
