"""What comes of a plan over the wire: the events that lines are, and texts that came together as one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from planner_service.wire import PLAN_EVENT, PlanEvent, ReasoningDelta, TextDelta

log = logging.getLogger(__name__)


def known(line: bytes) -> PlanEvent | None:
    """An event of this release; one of another release's, whose name is not known here, is passed over."""
    try:
        return PLAN_EVENT.validate_json(line)
    except ValidationError as error:
        if {found["type"] for found in error.errors()} == {"union_tag_invalid"}:
            log.info("an event of the planner's is not known here")
            return None
        raise


def together(events: Iterable[PlanEvent | None]) -> Iterator[PlanEvent]:
    """Texts that came together as one, so that a process that is behind has less to do for each."""
    before: PlanEvent | None = None
    for event in events:
        if (isinstance(event, TextDelta) and isinstance(before, TextDelta)) or (
            isinstance(event, ReasoningDelta) and isinstance(before, ReasoningDelta)
        ):
            before.text += event.text
        elif event is not None:
            if before is not None:
                yield before
            before = event
    if before is not None:
        yield before
