"""One answer watched from its first event to its last, or to Ctrl-C."""

from __future__ import annotations

from weaver import Answer, Began, Stream, Weaver, WeaverError
from weaver.cli.errors import notice
from weaver.cli.last import remember
from weaver.cli.output import writer_for
from weaver.cli.picture_folder import PictureFolder


def watch(
    stream: Stream, gateway: Weaver, as_json: bool, *, cancels: bool, answer_to_stdout: bool = False
) -> Answer:
    """Show the answer as it comes; an interrupt leaves it alone, or `cancels` it."""
    try:
        with writer_for(as_json, PictureFolder().save, answer_to_stdout) as writer:
            for event in stream:
                if isinstance(event, Began):
                    remember(gateway.url, event.response_id)
                writer.write(event)
        return stream.answer()
    except OSError as error:
        if stream.response_id is not None:
            error.add_note(f"The answer may still be there: `weaver resume {stream.response_id}`.")
        raise
    except KeyboardInterrupt:
        _interrupted(stream.response_id, gateway if cancels else None)
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
