"""`weaver ask` and `weaver resume`: one answer, shown as it comes, and written to a file in the end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from weaver import Answer, AskOptions, Began, Stream, Weaver, WeaverError
from weaver.cli.errors import notice, reporting_errors
from weaver.cli.exits import Exit, of_answer
from weaver.cli.jsonl import jsonable, print_json
from weaver.cli.options import AsJson, Output, ResponseId, Url, weaver
from weaver.cli.output import writer_for
from weaver.cli.picture_folder import PictureFolder
from weaver.client.config import DEFAULT_URL
from weaver.export.files import write

IMAGE = typer.Option("-i", "--image", exists=True, dir_okay=False, help="Send this image; again for more.")


def ask(
    text: Annotated[str, typer.Argument(help="What to ask; `-` reads it from stdin.")],
    images: Annotated[list[Path] | None, IMAGE] = None,
    pictures: Annotated[
        int | None, typer.Option("-n", "--pictures", min=0, help="Exactly so many pictures.")
    ] = None,
    output: Output = None,
    mode: Annotated[
        Literal["auto", "text", "image", "interleaved"], typer.Option(help="Write, draw, or both.")
    ] = "auto",
    size: Annotated[str | None, typer.Option(help="Width and height in pixels: 160x96.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same pictures.")] = None,
    model: Annotated[str | None, typer.Option(help="One of `weaver models`.")] = None,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Go on from this answer.")] = None,
    background: Annotated[
        bool, typer.Option("--background", help="Do not wait: say the answer's id and leave.")
    ] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Ask, and watch the answer come. Ctrl-C cancels it."""
    prompt = sys.stdin.read() if text == "-" else text
    if background and output is not None:
        raise typer.BadParameter(
            "with --background nobody waits to write it; use `weaver resume ID -o …` later"
        )
    given = {"images": images, "pictures": pictures, "mode": mode, "size": size, "seed": seed, "model": model}
    given |= {"previous_response_id": after, "background": background}
    options = cast(AskOptions, {name: value for name, value in given.items() if value is not None})
    with reporting_errors(as_json), weaver(url) as gateway, gateway.ask(prompt, **options) as stream:
        if background:
            _leave(stream, as_json)
            return
        answer = _watch(stream, as_json, gateway)
        raise typer.Exit(_conclude(answer, prompt, output))


def resume(
    response_id: ResponseId, output: Output = None, as_json: AsJson = False, url: Url = DEFAULT_URL
) -> None:
    """Watch an answer that was asked for before, from its beginning. Ctrl-C leaves it alone."""
    with reporting_errors(as_json), weaver(url) as gateway, gateway.resume(response_id) as stream:
        answer = _watch(stream, as_json, None)
        raise typer.Exit(_conclude(answer, None, output))


def _leave(stream: Stream, as_json: bool) -> None:
    for event in stream:
        if isinstance(event, Began):
            if as_json:
                print_json({"event": "began", **jsonable(event)})
            else:
                typer.echo(event.response_id)
            notice(
                f"See it with `weaver resume {event.response_id}`, end it with `weaver cancel {event.response_id}`."
            )
            return


def _watch(stream: Stream, as_json: bool, canceller: Weaver | None) -> Answer:
    """Show the answer as it comes; an interrupt cancels it at `canceller`."""
    try:
        with writer_for(as_json, PictureFolder().save) as writer:
            for event in stream:
                writer.write(event)
        return stream.answer()
    except KeyboardInterrupt:
        _interrupted(stream.response_id, canceller)
        raise


def _interrupted(response_id: str | None, canceller: Weaver | None) -> None:
    if response_id is None:
        notice("Interrupted before it began.")
    elif canceller is None:
        notice(f"It goes on without you: `weaver resume {response_id}`, `weaver cancel {response_id}`.")
    else:
        try:
            canceller.cancel(response_id)
        except WeaverError as error:
            notice(f"{error} The answer ends by itself once its gateway finds that nobody reads it.")
        else:
            notice(f"Cancelled. What there is, is kept: `weaver resume {response_id}`.")


def _conclude(answer: Answer, prompt: str | None, output: Path | None) -> Exit:
    if answer.status == "failed":
        why = answer.failure.message if answer.failure else "Nobody knows why."
        notice(f"The answer failed: {why} Ask again; `weaver status` says how the gateway is.")
    elif answer.status == "incomplete":
        notice(f"The answer was cut short; go on with `weaver ask --after {answer.id} …`.")
    elif answer.status == "cancelled":
        notice("The answer was cancelled.")
    lost = [picture.id for picture in answer.pictures if picture.failure]
    if lost:
        notice(
            f"Did not come: {', '.join(lost)}. The same question with `--seed {answer.seed}` draws the others alike."
        )
    if output is not None:
        write(answer, output, prompt)
        notice(f"Wrote {output}. Go on from here with `weaver ask --after {answer.id} …`.")
    return of_answer(answer)
