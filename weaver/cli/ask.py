"""`weaver ask` and `weaver resume`: one answer, shown as it comes, and written to a file in the end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from weaver import Answer, AskOptions, Began, Stream
from weaver.cli.encoding import as_text, piped_in
from weaver.cli.errors import OPTIONS, notice, reporting_errors
from weaver.cli.exits import Exit, of_answer
from weaver.cli.jsonl import jsonable, print_json
from weaver.cli.last import last, remember
from weaver.cli.options import (
    STDOUT,
    After,
    AsJson,
    Images,
    Last,
    Mode,
    Model,
    Output,
    Pictures,
    ResponseId,
    Seed,
    Size,
    Url,
    answer_id,
    weaver,
)
from weaver.cli.watching import watch
from weaver.client.config import DEFAULT_URL
from weaver.export.files import whole, write
from weaver.export.pictures import NoPicture


def ask(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", callback=as_text, help="What to ask; `-` reads it from stdin.")
    ],
    images: Images = None,
    pictures: Pictures = None,
    least: Annotated[int | None, typer.Option(metavar="N", min=0, help="At least so many pictures.")] = None,
    most: Annotated[int | None, typer.Option(metavar="N", min=0, help="At most so many.")] = None,
    output: Output = None,
    mode: Mode = "auto",
    size: Size = None,
    seed: Seed = None,
    references: Annotated[
        list[str] | None,
        typer.Option(
            "--reference",
            metavar="PICTURE",
            callback=as_text,
            help="What guides every picture: in1, the first image sent; img1, the first drawn.",
        ),
    ] = None,
    model: Model = None,
    after: After = None,
    use_last: Annotated[
        bool, typer.Option("--last", help="Go on from the answer asked for last from here.")
    ] = False,
    background: Annotated[
        bool, typer.Option("--background", help="Do not wait: say the answer's id and leave.")
    ] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Ask, and watch the answer come. Ctrl-C cancels it."""
    prompt = piped_in() if text == "-" else text
    if background and output is not None:
        raise typer.BadParameter(
            "with --background nobody waits to write it; use `weaver resume ID -o …` later"
        )
    if after is not None and use_last:
        raise typer.BadParameter("say --after ID or --last, not both")
    if pictures is not None and (least is not None or most is not None):
        raise typer.BadParameter("say -n, or --least and --most, not both")
    names = (
        OPTIONS if pictures is not None else {**OPTIONS, "least_images": "--least", "most_images": "--most"}
    )
    with reporting_errors(as_json, names), weaver(url) as gateway:
        options = given(
            images=images,
            pictures=pictures,
            least_images=least,
            most_images=most,
            mode=mode,
            size=size,
            seed=seed,
            references=references,
            model=model,
            previous_response_id=last(gateway.url) if use_last else after,
            background=background,
        )
        with gateway.ask(prompt, **options) as stream:
            if background:
                _leave(stream, gateway.url, as_json)
                return
            answer = watch(stream, gateway, as_json, cancels=True, answer_to_stdout=output == STDOUT)
            raise typer.Exit(_conclude(answer, prompt, output))


def resume(
    response_id: ResponseId = None,
    use_last: Last = False,
    output: Output = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Watch an answer that was asked for before, from its beginning. Ctrl-C leaves it alone."""
    with reporting_errors(as_json), weaver(url) as gateway:
        with gateway.resume(answer_id(response_id, use_last, gateway.url)) as stream:
            answer = watch(stream, gateway, as_json, cancels=False, answer_to_stdout=output == STDOUT)
        raise typer.Exit(_conclude(answer, None, output))


def given(**options: Any) -> AskOptions:
    """Those options that were said."""
    return cast(AskOptions, {name: value for name, value in options.items() if value is not None})


def _leave(stream: Stream, url: str, as_json: bool) -> None:
    for event in stream:
        if isinstance(event, Began):
            remember(url, event.response_id)
            if as_json:
                print_json({"event": "began", **jsonable(event)})
            else:
                typer.echo(event.response_id)
            id = event.response_id
            notice(f"See it with `weaver resume {id}`, end it with `weaver cancel {id}`.")
            return


def _conclude(answer: Answer, prompt: str | None, output: Path | None) -> Exit:
    tell_ending(answer)
    if output is None:
        return of_answer(answer)
    try:
        if output == STDOUT:
            sys.stdout.buffer.write(whole(answer, prompt))
            sys.stdout.flush()
        else:
            write(answer, output, prompt)
            notice(f"Wrote {output}. Go on from here with `weaver ask --last …`.")
    except OSError as error:
        # A full disk names no file.
        error.filename = error.filename or str(output)
        error.add_note(f"The answer is kept: `weaver resume {answer.id} -o …` writes it elsewhere.")
        raise
    except NoPicture:
        notice(f"No picture came, so {output} was not written.")
        return of_answer(answer) or Exit.PICTURES_FAILED
    return of_answer(answer)


def tell_ending(answer: Answer) -> None:
    """Say what is missing in an answer, if anything is."""
    if answer.status == "failed":
        why = answer.failure.message if answer.failure else "Nobody knows why."
        notice(f"The answer failed: {why} Ask again; `weaver status` says how the gateway is.")
    elif answer.status == "incomplete":
        notice("The answer was cut short; go on with `weaver ask --last …`.")
    elif answer.status == "cancelled":
        notice("The answer was cancelled.")
    lost = [picture.id for picture in answer.pictures if picture.failure]
    if lost:
        notice(
            f"Did not come: {', '.join(lost)}. The same question with `--seed {answer.seed}` draws the others alike."
        )
