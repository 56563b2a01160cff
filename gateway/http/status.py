"""What a gateway says of itself, its planner and its pool when it is asked how they are."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class StatusObject(BaseModel):
    """A part of the answer; a newer gateway may say more."""

    model_config = ConfigDict(frozen=True)


class Worker(StatusObject):
    """A visualizer that is alive."""

    id: str = Field(description="Its name while it lives.")
    model: str = Field(description="The model that it draws with.")
    device: str = Field(description="What it draws on.")
    simulated: bool = Field(description="It draws placeholders, with no model.")
    slots: int = Field(description="Pictures that it draws at once.")
    active: int = Field(description="Pictures that it draws now.")
    draining: bool = Field(description="It takes no more jobs and is about to leave.")


class Waiting(StatusObject):
    """Jobs that no worker has taken yet, by class."""

    interactive: int = Field(default=0, description="Jobs of requests that somebody waits for.")
    batch: int = Field(default=0, description="Jobs that let others go first.")
    returned: int = Field(
        default=0, description="Given back by a worker that left, of either class; next in line."
    )
    near: int = Field(
        default=0, description="Of either class, for a moment kept for a worker that holds their references."
    )


class PoolStatus(StatusObject):
    """Who draws, and what waits to be drawn."""

    name: str = Field(description="The pool.")
    workers: tuple[Worker, ...] = Field(description="Who is alive in it.")
    waiting: Waiting = Field(description="What waits for them.")


class TenantLine(StatusObject):
    """What waits of one tenant in one pool."""

    tenant: str = Field(description="Whose jobs.")
    interactive: int = Field(default=0, description="Of requests that somebody waits for.")
    batch: int = Field(default=0, description="That let others go first.")


class Status(StatusObject):
    """How everything is, as one gateway sees it."""

    object: Literal["status"] = Field(default="status", description="What this is.")
    ready: bool = Field(description="Requests are taken.")
    model: str = Field(
        description="The name of planner and visualizer together; of several, the one for requests that name none."
    )
    models: tuple[str, ...] = Field(default=(), description="All names that can be asked for.")
    redis: bool = Field(description="Redis answers.")
    planner: bool = Field(description="A planner can plan now.")
    leaving: bool = Field(description="This gateway is about to end.")
    responses: int = Field(description="Answers that this gateway is making.")
    open_streams: int = Field(description="Event streams that this gateway is writing.")
    pool: PoolStatus | None = Field(description="That of `model`. Null if Redis does not tell.")
    pools: tuple[PoolStatus, ...] = Field(default=(), description="All of them, that of `model` first.")
