"""Writes a response of this process down, whatever the store does: tried again while it is away, written anew where it has forgotten."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from gateway.answer.errors import STORE_ERRORS
from gateway.answer.events import GatewayEvent
from gateway.running.run import Run
from gateway.store.ledger import Ledger, Written

log = logging.getLogger(__name__)

_RETRY_S = 0.2


async def write_down(ledger: Ledger, run: Run, events: Sequence[GatewayEvent]) -> Written:
    """Append to a response; with no events, only see that it is still there and still ours.

    It waits for the store for as long as it takes: whoever is late decides what becomes of the response. `behind` is never answered.
    """
    async with run.writing:
        first = len(run.written) + 1
        run.written += events
        while True:
            try:
                written = await ledger.append(run.request, run.standing.owner, first, events)
                if written in ("behind", "lost"):
                    # Lost, too, may be what the store has forgotten: that this process took the response over.
                    written = await ledger.rewrite(run.request, run.standing, run.written)
                    if written == "written":
                        log.warning(
                            "the store had forgotten events, written anew", extra={"response": run.request.id}
                        )
                        run.start.store_back.set()
            except STORE_ERRORS:
                log.warning(
                    "can't write a response down, trying again",
                    exc_info=True,
                    extra={"response": run.request.id},
                )
                await asyncio.sleep(_RETRY_S)
                continue
            if written != "written":
                log.warning("response taken away", extra={"response": run.request.id, "ledger": written})
            return written
