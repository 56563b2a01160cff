"""`weaver`: the gateway on the command line. It knows the public API only, through the client."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from weaver.cli.ask import ask, resume
from weaver.cli.chat import chat
from weaver.cli.encoding import let_stdout_take_anything
from weaver.cli.fill import fill
from weaver.cli.kept import list_, open_
from weaver.cli.keys import keys
from weaver.cli.service import cancel, models, status
from weaver.cli.up import up

EPILOG = (
    "Exit status: 0 all came; 1 the answer failed or was cut short; 2 wrong usage; 3 no gateway; 4 refused; "
    "5 some pictures did not come; 130 interrupted."
)

app = typer.Typer(
    help="Answers in which text and pictures alternate.",
    epilog=EPILOG,
    no_args_is_help=True,
    # Its boxes are wider than what they hold, and name types as Python does.
    rich_markup_mode=None,
    pretty_exceptions_show_locals=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"weaver {version('weaver-serve')}")
        raise typer.Exit


@app.callback()
def main(
    wanted: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Answers in which text and pictures alternate."""
    let_stdout_take_anything()


app.command()(ask)
app.command()(chat)
app.command()(fill)
app.command()(resume)
app.command("list")(list_)
app.command("open")(open_)
app.command()(status)
app.command()(models)
app.command()(cancel)
app.add_typer(keys, name="keys")
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(up)
