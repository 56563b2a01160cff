"""What went wrong, and what to do next, for people on stderr and for programs on stdout."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from weaver import (
    Broken,
    Busy,
    GatewayFailed,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotUnderstood,
    Refused,
    Unreachable,
    WeaverError,
)
from weaver.cli.exits import Exit, of_error
from weaver.cli.jsonl import print_json

# What the public API calls what was said by these options.
OPTIONS: Mapping[str, str] = {
    "least_images": "-n",
    "most_images": "-n",
    "size": "--size",
    "seed": "--seed",
    "mode": "--mode",
    "model": "--model",
    "references": "--reference",
    "prompt": "description",
}
IMAGE_FIELD = re.compile(r"`(?:input\[\d+\]\.content\[|images?\[)(\d+)\]?[\w.\[\]]*`")
ANSWER_ID = re.compile(r"\bresp_\w+")


@contextlib.contextmanager
def reporting_errors(as_json: bool, options: Mapping[str, str] = OPTIONS) -> Iterator[None]:
    """End the command with the right status, and with advice, if the gateway does not do what it was asked, or a file can't be written.

    `options` are the names under which people said what the public API names otherwise.

    Raises:
        typer.Exit: it does not.
    """
    try:
        yield
    except WeaverError as error:
        if as_json:
            print_json({"event": "error", **_as_json(error)})
        notice(f"{in_options(error, options)}\n{advice(error)}")
        raise typer.Exit(of_error(error)) from error
    except BrokenPipeError:
        raise  # nobody reads on, which is no failure; typer ends the command
    except OSError as error:
        with contextlib.suppress(OSError):  # it may be stdout that takes no more
            if as_json:
                message, then = unwritten(error, then=False), "\n".join(_notes(error))
                print_json({"event": "error", "kind": "OSError", "message": message, "next": then})
        notice(unwritten(error))
        raise typer.Exit(Exit.FAILED) from error
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None


def notice(text: str) -> None:
    """Print for people, on stderr, what is no part of the answer."""
    typer.echo(text, err=True)


def unwritten(error: OSError, *, then: bool = True) -> str:
    """Which file can't be read or written and why, and what to do `then`, as its notes say."""
    why = f"{error.strerror or error}."
    what = f"{error.filename}: {why}" if error.filename else why
    return "\n".join([what, *(_notes(error) if then else ())])


def _notes(error: OSError) -> list[str]:
    return getattr(error, "__notes__", [])


def in_options(error: WeaverError, options: Mapping[str, str] = OPTIONS) -> str:
    """What went wrong, in the words in which it was asked here."""
    message = str(error)
    match error:
        case NotAuthenticated() if not os.environ.get("WEAVER_API_KEY"):
            return "This gateway answers only those who have a key."
        case NotAuthenticated(status=401):
            return "This gateway does not know the key in WEAVER_API_KEY."
        case NotFound() if found := ANSWER_ID.search(message):
            return f"There is no answer {found[0]}, or no longer."
    for name, option in options.items():
        message = message.replace(f"`{name}`", f"`{option}`")
    return IMAGE_FIELD.sub(lambda image: f"Image {int(image[1]) + 1}", message)


def advice(error: WeaverError) -> str:
    """What to do next."""
    match error:
        case Unreachable():
            return "Start one with `weaver up`, or say where it is: WEAVER_URL=http://host:8080 or --url."
        case NotUnderstood():
            return "Is WEAVER_URL the address of a gateway, and is this `weaver` of the same version?"
        case Broken(response_id=response_id):
            return f"It may still be there: `weaver resume {response_id}`."
        case NotAuthenticated():
            return "Put a key that the gateway knows into WEAVER_API_KEY."
        case Busy(retry_after_s=wait_s):
            moment = "a moment" if wait_s is None else f"{wait_s:g} s"
            return f"Try again in {moment}; `weaver status` says how busy it is."
        case NotFound() if ANSWER_ID.search(str(error)):
            return "`weaver list` shows those that are there."
        case NotFound():
            return "`weaver models` lists the models, `weaver list` the answers that are kept."
        case GatewayFailed(request_id=request_id):
            return f"Its log says more, under request {request_id}."
        case InvalidRequest():
            return "`weaver ask --help` says what can be asked; `weaver models` which sizes and how many pictures."
    return "`weaver status` says how the gateway is."


def _as_json(error: WeaverError) -> dict[str, Any]:
    found = {"kind": type(error).__name__, "message": str(error), "next": advice(error)}
    if isinstance(error, Refused):
        names = ("status", "code", "field", "request_id", "retry_after_s")
        return found | {name: getattr(error, name) for name in names}
    return found
