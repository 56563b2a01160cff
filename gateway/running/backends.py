"""The models that a gateway serves: under each public name whoever plans and whoever draws."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.answer import written
from gateway.answer.stitching import state as seams
from planner_service.wire import PlannerModel
from visualizer_service.wire import JobClass, Limits, WorkerInfo


class Planner(written.Planner, Protocol):
    """Whoever plans."""

    async def model(self) -> PlannerModel:
        """What the planner serves."""
        ...

    async def ready(self) -> bool:
        """Whether it can plan now."""
        ...


class Pool(seams.Pool, Protocol):
    """Whoever draws."""

    @property
    def loops(self) -> Sequence[asyncio.Task[None]]:
        """What must go on for as long as the process does."""
        ...

    async def limits(self) -> Limits:
        """What the pool's model can draw."""
        ...

    async def workers(self) -> list[WorkerInfo]:
        """Who is alive in the pool."""
        ...

    async def waiting(self) -> Mapping[str, int]:
        """How many jobs wait for a worker, by class, and as `returned` those that a leaving worker gave back."""
        ...

    async def waiting_of_tenants(self) -> Mapping[str, int]:
        """How many of them are whose, as far as they wait in lines of their own."""
        ...

    async def lines(self) -> Mapping[str, Mapping[JobClass, int]]:
        """Jobs that wait for any worker, by tenant and class."""
        ...

    async def drain(self, worker_id: str) -> bool:
        """Have a worker finish what it holds and leave; False if none of this name is alive."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """Whoever makes the answers of one model; several may share a planner or a pool, which is then called `pool_name` by each."""

    planner: Planner
    pool: Pool
    pool_name: str


class Backends:
    """All models of one gateway, not none of them; the first is for requests that name none."""

    def __init__(self, by_name: Mapping[str, Backend]) -> None:
        self._by_name = dict(by_name)
        self.default = next(iter(self._by_name))

    def __contains__(self, model: str) -> bool:
        return model in self._by_name

    def __getitem__(self, model: str) -> Backend:
        return self._by_name[model]

    def of(self, model: str | None) -> Backend:
        """The backend of a model that was asked for; of one that is not here the default's, for whoever refuses it then."""
        return self._by_name.get(model or self.default, self._by_name[self.default])

    @property
    def planners(self) -> list[Planner]:
        """All planners, each once."""
        return list({id(one.planner): one.planner for one in self._by_name.values()}.values())

    @property
    def pools(self) -> dict[str, Pool]:
        """All pools by their names."""
        return {one.pool_name: one.pool for one in self._by_name.values()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)
