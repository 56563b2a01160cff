"""What a running gateway consists of, wired once at its start, and how a route gets at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from redis.asyncio import Redis

from gateway.answer.errors import NotAuthenticated
from gateway.dialects.common.intake import Intake
from gateway.http.auth import ApiKeys
from gateway.http.metrics import Meter
from gateway.http.pictures import SharedPictures
from gateway.http.pool_metrics import PoolMetrics
from gateway.http.sse import Streams
from gateway.running.backends import Backends
from gateway.running.conductor import Conductor
from gateway.running.supervision import Loops
from gateway.settings import Settings
from gateway.store.follow import Follower
from gateway.store.idempotency import Idempotency
from gateway.store.leases import Leases
from gateway.store.links import Links
from gateway.tenants.admission import Admission
from gateway.tenants.keys import KeyStore
from gateway.tenants.quotas import Quotas
from gateway.tenants.usage import UsageLedger


@dataclass(slots=True)
class Container:
    """What one gateway process is made of. `leaving`: it takes nothing new and is about to end."""

    settings: Settings
    redis: Redis
    backends: Backends
    conductor: Conductor
    follower: Follower
    intake: Intake
    idempotency: Idempotency
    links: Links
    keys: ApiKeys
    key_store: KeyStore | None
    quotas: Quotas
    admission: Admission
    usage: UsageLedger
    meter: Meter
    pool_metrics: PoolMetrics
    streams: Streams
    pictures: SharedPictures
    leases: Leases
    loops: Loops
    leaving: bool = False


# FastAPI has threads run those that are not `async`, which costs each request more than a millisecond.
async def _container(request: Request) -> Container:
    return request.app.state.container


ContainerDep = Annotated[Container, Depends(_container)]


async def _tenant(request: Request) -> str:
    return request.state.tenant


Tenant = Annotated[str, Depends(_tenant)]


async def operator(http: Request) -> None:
    """Refuse whoever is not the operator; the layer around the routes knows, and where the operator has no key, nobody is.

    Raises:
        NotAuthenticated: it is somebody else.
    """
    if not getattr(http.state, "is_operator", False):
        raise NotAuthenticated


IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1, max_length=255, description="The same key and request again get what they got before."
    ),
]
