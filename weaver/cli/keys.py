"""`weaver keys`: API keys of a gateway, for its operator, who is known by WEAVER_ADMIN_KEY."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from weaver.cli.encoding import as_text
from weaver.cli.errors import notice, reporting_errors
from weaver.cli.exits import Exit
from weaver.cli.jsonl import jsonable, print_json
from weaver.cli.options import AsJson, Url
from weaver.client.config import DEFAULT_URL
from weaver.client.keys import ApiKey, Keys

keys = typer.Typer(
    help="Make, list, rotate and revoke API keys, with the operator's own.", no_args_is_help=True
)

AdminKey = Annotated[
    str,
    typer.Option(
        "--admin-key",
        envvar="WEAVER_ADMIN_KEY",
        callback=as_text,
        help="The operator's own key.",
        show_default=False,
    ),
]
KeyId = Annotated[str, typer.Argument(metavar="ID", callback=as_text, help="The id of a key, key_….")]
Limit = Annotated[int | None, typer.Option(min=0, metavar="N", help="Its tenant's, over all its keys.")]


@keys.command()
def make(
    tenant: Annotated[str, typer.Argument(metavar="TENANT", callback=as_text, help="Whose it is.")],
    name: Annotated[str, typer.Argument(metavar="NAME", callback=as_text, help="What it is for.")],
    admin_key: AdminKey,
    requests_per_minute: Limit = None,
    answers_at_once: Limit = None,
    pictures_waiting: Limit = None,
    pictures_per_day: Limit = None,
    bytes_kept: Limit = None,
    share: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Its tenant's weight where several wait.")
    ] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Make a key, and print it: it is told this once."""
    limits = {
        "requests_per_minute": requests_per_minute,
        "answers_at_once": answers_at_once,
        "pictures_waiting": pictures_waiting,
        "pictures_per_day": pictures_per_day,
        "bytes_kept": bytes_kept,
        "share": share,
    }
    given = {limit: most for limit, most in limits.items() if most is not None}
    with _asked(url, admin_key, as_json) as gateway:
        _tell(gateway.make(tenant, name, given), as_json)


@keys.command("list")
def list_keys(admin_key: AdminKey, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """List all keys that were made, without the words by which they are known."""
    with _asked(url, admin_key, as_json) as gateway:
        found = gateway.list()
        if as_json:
            for key in found:
                print_json(jsonable(key))
            return
        table = Table("id", "tenant", "name", "limits", "made", "", box=None, pad_edge=False)
        for key in found:
            limits = ", ".join(f"{name} {limit}" for name, limit in key.limits.items())
            revoked = f"revoked {_day(key.revoked_at)}" if key.revoked_at else ""
            table.add_row(key.id, key.tenant, key.name, limits, _day(key.made_at), revoked)
        Console(highlight=False, markup=False).print(table)


@keys.command()
def rotate(
    id: KeyId,
    admin_key: AdminKey,
    overlap_s: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long the old word stays good.")
    ] = 0.0,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Give a key another word, and print it."""
    with _asked(url, admin_key, as_json) as gateway:
        _tell(gateway.rotate(id, overlap_s), as_json)


@keys.command()
def revoke(id: KeyId, admin_key: AdminKey, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """Make a key good for nothing."""
    with _asked(url, admin_key, as_json) as gateway:
        key = gateway.revoke(id)
        if as_json:
            print_json(jsonable(key))
        else:
            typer.echo(f"{key.id} of {key.tenant} is revoked.")


@contextmanager
def _asked(url: str, admin_key: str, as_json: bool) -> Iterator[Keys]:
    with reporting_errors(as_json):
        try:
            gateway = Keys(url, admin_key)
        except ValueError as error:
            notice(str(error))
            raise typer.Exit(Exit.USAGE) from error
        with gateway:
            yield gateway


def _tell(key: ApiKey, as_json: bool) -> None:
    if as_json:
        print_json(jsonable(key))
        return
    # The word alone goes to stdout, for scripts.
    typer.echo(key.word)
    notice(f"{key.id} of {key.tenant}. Keep the word: it is told this once.")


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
