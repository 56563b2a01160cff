"""How a gateway, its planner and its pool are, as the gateway reports it; a newer gateway may say more."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StatusPart(BaseModel):
    """A part of the answer."""

    model_config = ConfigDict(frozen=True)


class Worker(StatusPart):
    """A visualizer that is alive: it draws `active` of at most `slots` pictures; with `draining` it is about to leave."""

    id: str
    model: str
    device: str
    simulated: bool
    slots: int
    active: int
    draining: bool


class Waiting(StatusPart):
    """Jobs that no worker has taken yet, by class; `returned` and `near` are of either class."""

    interactive: int = 0
    batch: int = 0
    returned: int = 0
    near: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.interactive + self.batch + self.returned + self.near


class PoolStatus(StatusPart):
    """Who draws, and what waits to be drawn."""

    name: str
    workers: tuple[Worker, ...]
    waiting: Waiting


class Status(StatusPart):
    """How everything is, as one gateway sees it.

    `models` are the names that can be asked for and `pools` all that draw, those of `model` first. `pool` is None if Redis does
    not tell.
    """

    ready: bool
    model: str
    models: tuple[str, ...] = ()
    redis: bool
    planner: bool
    leaving: bool
    responses: int
    open_streams: int
    pool: PoolStatus | None
    pools: tuple[PoolStatus, ...] = ()
