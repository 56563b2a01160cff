"""`weaver`: the gateway on the command line. It knows the public API only, through the client."""

from __future__ import annotations

import typer

from weaver.cli.ask import ask, resume
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
    pretty_exceptions_show_locals=False,
)
app.command()(ask)
app.command()(resume)
app.command()(status)
app.command()(models)
app.command()(cancel)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(up)
