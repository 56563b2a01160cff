"""The operator's routes for pools: whose jobs wait, and workers that are to leave. They ask for the operator's own key."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from gateway.answer.errors import NotFound
from gateway.dialects.common.schemas import Object
from gateway.http.container import ContainerDep, operator
from gateway.http.status import TenantLine

router = APIRouter(prefix="/v1/admin/pools", tags=["admin"], dependencies=[Depends(operator)])

Name = Annotated[str, Path(max_length=200)]


class PoolLines(Object):
    """Whose jobs wait in a pool."""

    object: Literal["pool"] = Field(default="pool", description="What this is.")
    name: str = Field(description="The pool.")
    lines: tuple[TenantLine, ...] = Field(description="Of tenants that have any waiting, the most first.")


class PoolList(Object):
    """All pools."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[PoolLines, ...] = Field(description="That of the default model first.")


class Drained(Object):
    """A worker that was asked to leave."""

    object: Literal["worker"] = Field(default="worker", description="What this is.")
    id: str = Field(description="The worker.")
    draining: Literal[True] = Field(default=True, description="It takes no more jobs, within seconds.")


@router.get("")
async def pools(container: ContainerDep) -> PoolList:
    """What waits, by tenant and class; `/v1/status` tells of workers, and of all that waits."""
    found = {name: await pool.lines() for name, pool in container.backends.pools.items()}
    told = [
        PoolLines(
            name=name,
            lines=tuple(
                TenantLine(tenant=tenant, **counts)
                for tenant, counts in sorted(lines.items(), key=lambda one: -sum(one[1].values()))
            ),
        )
        for name, lines in found.items()
    ]
    return PoolList(data=tuple(told))


@router.post("/{pool}/workers/{worker}/drain")
async def drain(pool: Name, worker: Name, container: ContainerDep) -> Drained:
    """Have a worker finish what it draws and leave, as SIGTERM does; whoever supervises it may start another in its place."""
    found = container.backends.pools.get(pool)
    if found is None or not await found.drain(worker):
        raise NotFound(
            f"No worker {worker[:80]} is alive in a pool {pool[:80]}.",
            code="worker_not_found",
            param="worker",
        )
    return Drained(id=worker)
