"""One call for many items, and one call each where that fails, so that only the item at fault pays. Knows no model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from visualizer_service.engine.family import DeviceBroken, NoMemory

S = TypeVar("S")
T = TypeVar("T")

log = logging.getLogger(__name__)


def outcome_of_each(
    call: Callable[[Sequence[S]], Sequence[T]], items: Sequence[S], release: Callable[[], None]
) -> Iterator[tuple[S, T | Exception]]:
    """Pair each item with its result, or with what went wrong with it alone.

    `release` is called before a retry that wants memory.

    Raises:
        DeviceBroken: nothing on this device can go on.
    """
    if not items:
        return
    outcome = _outcome(call, items)
    if not isinstance(outcome, Exception):
        yield from zip(items, outcome, strict=True)
    elif len(items) == 1 and not isinstance(outcome, NoMemory):
        yield items[0], outcome
    else:
        for item in items:
            if isinstance(outcome, NoMemory):
                release()
            alone = _outcome(call, [item])
            yield item, alone if isinstance(alone, Exception) else alone[0]


def _outcome(call: Callable[[Sequence[S]], Sequence[T]], items: Sequence[S]) -> Sequence[T] | Exception:
    try:
        return call(items)
    except DeviceBroken:
        raise
    except Exception as error:
        log.warning("a call failed", exc_info=error, extra={"items": len(items)})
        # The frames of the failed call would keep its tensors alive, and the retry would find no memory.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
