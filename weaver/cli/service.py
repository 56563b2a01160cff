"""`weaver status`, `weaver models` and `weaver cancel`: one question, one table."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from weaver import Answer, Status
from weaver.cli.errors import reporting_errors
from weaver.cli.exits import Exit
from weaver.cli.jsonl import jsonable, print_json
from weaver.cli.options import AsJson, Last, ResponseId, Url, answer_id, weaver
from weaver.client.config import DEFAULT_URL
from weaver.client.status import PoolStatus


def status(as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """Say how planner, pool and queue are; exit 1 if nothing can be asked now."""
    with reporting_errors(as_json), weaver(url) as gateway:
        found = gateway.status()
        if as_json:
            print_json(found.model_dump())
        else:
            _console().print(overview(found, gateway.url))
        raise typer.Exit(Exit.OK if found.ready else Exit.FAILED)


def models(as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """List what can be asked, and what it draws."""
    with reporting_errors(as_json), weaver(url) as gateway:
        for model in gateway.models():
            if as_json:
                print_json(jsonable(model))
                continue
            sizes = ", ".join(f"{width}x{height}" for width, height in model.sizes) or "any size"
            most = f"at most {model.most_images} pictures and {model.most_references} references"
            typer.echo(f"{model.id}: {sizes}; {most}")


def cancel(
    response_id: ResponseId = None, use_last: Last = False, as_json: AsJson = False, url: Url = DEFAULT_URL
) -> None:
    """Make no more of an answer; what there is, stands."""
    with reporting_errors(as_json), weaver(url) as gateway:
        answer = gateway.cancel(answer_id(response_id, use_last, gateway.url))
        if as_json:
            print_json(jsonable(answer))
        else:
            typer.echo(_cancelled(answer))


def _console() -> Console:
    return Console(highlight=False)


def _cancelled(answer: Answer) -> str:
    drawn = sum(picture.failure is None for picture in answer.pictures)
    if answer.status == "cancelled":
        return f"{answer.id} is cancelled; {drawn} of {len(answer.pictures)} pictures were drawn."
    return f"{answer.id} had ended before: {answer.status}."


def overview(status: Status, url: str) -> Table:
    """Gateway, planner, Redis and every pool, a line for each thing that may be amiss."""
    table = Table.grid(padding=(0, 2))
    table.add_row("gateway", url, _sign(status.ready, "ready", "leaving" if status.leaving else "not ready"))
    table.add_row(
        "planner", ", ".join(status.models) or status.model, _sign(status.planner, "ready", "does not answer")
    )
    table.add_row("redis", "", _sign(status.redis, "ready", "does not answer"))
    table.add_row("answers", "", f"{status.responses} under way, {status.open_streams} being read")
    # Gateways of one pool, and those from before there were several, tell of it alone.
    for pool in status.pools or filter(None, [status.pool]):
        _add_pool(table, pool)
    return table


def _add_pool(table: Table, pool: PoolStatus) -> None:
    waiting = pool.waiting
    classes = ", ".join(f"{count} {name}" for name, count in waiting if count)
    table.add_row(
        "queue", pool.name, f"{waiting.total} pictures wait" + (f" ({classes})" if waiting.total else "")
    )
    if not pool.workers:
        table.add_row("visualizer", "", Text("none is alive; pictures wait for one", style="yellow"))
    for worker in pool.workers:
        busy = f"{worker.active} of {worker.slots} slots busy, {worker.device}"
        kind = ", simulated" if worker.simulated else ""
        table.add_row(
            "visualizer", worker.id, f"{busy}, {worker.model}{kind}" + (", leaving" * worker.draining)
        )


def _sign(good: bool, yes: str, no: str) -> Text:
    return Text(yes, style="green") if good else Text(no, style="red")
