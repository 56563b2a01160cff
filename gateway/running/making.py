"""Makes the events of an answer: asks planner and pool what they can do, and stitches."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from gateway.answer.errors import STORE_ERRORS, InvalidRequest, PlannerUnavailable
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.answer.pictures import drawn_jobs
from gateway.answer.plan import Base64Store, plan_request
from gateway.answer.stitch import stitch
from gateway.answer.stitching.judging import Critic
from gateway.answer.stitching.state import Clock
from gateway.answer.verbatim import VerbatimPlanner
from gateway.media.critic import PlannerCritic
from gateway.running.backends import Backends, Planner
from gateway.running.run import Run, Stream
from gateway.timeouts import Timeouts
from visualizer_service.client import QueueFull

log = logging.getLogger(__name__)

_RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class Maker:
    """Whom an answer is made with; without a `critic` of its own the planner judges, if it sees."""

    backends: Backends
    blobs: Base64Store
    clock: Clock
    timeouts: Timeouts
    critic: Critic | None = None

    async def made(self, run: Run) -> Stream:
        """The events of an answer, from where it starts.

        Raises:
            Exception: whatever planner, pool or store raise who are asked first.
        """
        request = run.request
        backend = self.backends[request.model]
        planner = backend.planner if request.planned else VerbatimPlanner()
        plan = await plan_request(request, await planner.model(), self.blobs)
        limits = await backend.pool.limits()
        patience_s = self.timeouts.store_s
        critic = await self._critic(backend.planner) if request.feedback == "critic" else None
        views = self.blobs if request.feedback == "inline" else None
        return stitch(
            request,
            plan,
            planner,
            backend.pool,
            limits,
            self.clock,
            run.start,
            patience_s,
            critic,
            views,
            run.recording.add,
        )

    async def _critic(self, planner: Planner) -> Critic:
        """Who judges; raises InvalidRequest if nobody can."""
        if self.critic is not None:
            return self.critic
        if (await planner.model()).sees_images:
            return PlannerCritic(planner, self.blobs)
        raise InvalidRequest(
            "`feedback` is critic, but there is none here: the operator names one by GATEWAY_CRITIC_URL.",
            param="feedback",
        )

    async def first(self, stream: Stream) -> GatewayEvent:
        """The first event of an answer.

        Raises:
            PlannerUnavailable: the planner did not begin in time; whatever the planner raises comes through as well.
        """
        limit_s = self.timeouts.plan_start_s
        try:
            async with asyncio.timeout(limit_s):
                return await anext(stream)
        except TimeoutError:
            raise PlannerUnavailable(f"The planner has not begun to answer within {limit_s:g} s.") from None

    async def draw_again(self, run: Run) -> None:
        """Submit the jobs of an answer that is over to a store that may have forgotten its pictures; one it remembers stays as it is."""
        request, document = run.request, fold(run.recording.written)
        pool = self.backends[request.model].pool
        try:
            jobs = drawn_jobs(request, document, await pool.limits(), run.standing.replies_to)
            with pool.route(request.id):
                for job in jobs:
                    await pool.submit(job)
        except (QueueFull, *STORE_ERRORS):
            log.warning("can't have pictures drawn again", exc_info=True, extra={"response": request.id})

    async def rest(self, run: Run) -> Stream:
        """The rest of an answer; planner and store are waited for, as its deadline bounds it."""
        while True:
            try:
                stream = await self.made(run)
                break
            except Exception:
                log.warning(
                    "can't go on with a response yet", exc_info=True, extra={"response": run.request.id}
                )
                await asyncio.sleep(_RETRY_S)
        try:
            async for event in stream:
                yield event
        finally:
            await stream.aclose()
