"""`weaver list` and `weaver open`: the answers that a gateway keeps."""

from __future__ import annotations

import time
import webbrowser
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from weaver import ListedAnswer
from weaver.cli.errors import notice, reporting_errors
from weaver.cli.jsonl import jsonable, print_json
from weaver.cli.options import AsJson, Last, ResponseId, Url, answer_id, weaver
from weaver.client.config import DEFAULT_URL
from weaver.export.story import clean


def list_(
    limit: Annotated[
        int, typer.Option("-n", "--limit", metavar="N", min=1, max=100, help="How many at most.")
    ] = 20,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """List the answers that are kept, newest first."""
    with reporting_errors(as_json), weaver(url) as gateway:
        answers = gateway.answers(limit)
    console = Console(highlight=False)
    for answer in answers:
        if as_json:
            print_json(jsonable(answer))
        elif console.is_terminal:
            console.print(_entry(answer), soft_wrap=True)
        else:
            typer.echo("\t".join((answer.id, *_facts(answer), _title(answer))))
    if not answers and not as_json:
        notice('No answers are kept here yet. Ask with `weaver ask "…"`.')


def _entry(answer: ListedAnswer) -> Text:
    return Text.assemble(_title(answer), (f"\n  {answer.id}  {', '.join(_facts(answer))}", "dim"))


def _facts(answer: ListedAnswer) -> tuple[str, str, str]:
    asked = time.strftime("%Y-%m-%d %H:%M", time.localtime(answer.created_at))
    return asked, answer.status, f"{answer.pictures} picture{'s' * (answer.pictures != 1)}"


def _title(answer: ListedAnswer) -> str:
    return " ".join(clean(answer.title).split()) or "(no words)"


def open_(response_id: ResponseId = None, use_last: Last = False, url: Url = DEFAULT_URL) -> None:
    """Open an answer's story in the studio, to read it and to go on from it. It stays yours; Share there makes a link for others."""
    with weaver(url) as gateway:
        address = f"{gateway.url}/#{answer_id(response_id, use_last, gateway.url)}"
    typer.echo(address)
    if not webbrowser.open(address):
        notice("There is no browser here; open this address where there is one.")
