"""What a gateway is made of, put together: its container, and the loops that go on for as long as that is open."""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from redis.asyncio import Redis

from gateway.dialects.common.intake import Intake
from gateway.http.auth import ApiKeys
from gateway.http.container import Container
from gateway.http.metrics import Meter, MeteredLedger
from gateway.http.pictures import SharedPictures
from gateway.http.pool_metrics import PoolMetrics
from gateway.http.sse import Streams
from gateway.media.check import ImageCheck
from gateway.media.critic import ChatCritic
from gateway.media.decoding import ImageLimits
from gateway.media.fetch import RemoteImages
from gateway.media.views import Views
from gateway.running.backends import Backend, Backends
from gateway.running.conductor import Conductor
from gateway.running.supervision import Loops
from gateway.running.takeover import Takeovers
from gateway.settings import Settings
from gateway.store.files import Files
from gateway.store.follow import Follower
from gateway.store.history import History
from gateway.store.idempotency import Idempotency
from gateway.store.leases import Leases, kept_by_task, kept_by_thread
from gateway.store.links import Links, Secrets
from gateway.store.sweeping import Sweeper
from gateway.tenants.admission import Admission
from gateway.tenants.charged_blobs import ChargedBlobs
from gateway.tenants.key_file import KeyFile
from gateway.tenants.key_redis import RedisKeys
from gateway.tenants.keys import KeyStore
from gateway.tenants.load import PoolLoad
from gateway.tenants.quotas import Quotas
from gateway.tenants.usage import Accounts, UsageLedger
from planner_service import client as planner_client
from visualizer_service import client as visualizer_client
from visualizer_service.blobs.objects import Objects, opened
from visualizer_service.queue.clock import StoreClock
from visualizer_service.queue.connection import connect

ANSWER_MARGIN_S = 60.0


@asynccontextmanager
async def wired(settings: Settings) -> AsyncGenerator[Container]:
    """The container of a gateway that talks to the real planners and pools."""
    gateway_id = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(connect(settings.redis_url, settings.patience.store_s))
        clock = StoreClock(redis)
        backends = await _backends(settings, redis, gateway_id, stack)
        leases = Leases(redis, gateway_id, settings.patience.owner_lost_s)
        at_once = partial(connect, settings.redis_url, patience_s=0)
        await stack.enter_async_context(kept_by_thread(leases, at_once))
        objects = await stack.enter_async_context(opened(settings.blobs_url))
        parts = (settings, redis, objects, backends, gateway_id, leases, clock)
        yield await stack.enter_async_context(assembled(*parts))


@asynccontextmanager
async def assembled(
    settings: Settings,
    redis: Redis,
    objects: Objects,
    backends: Backends,
    gateway_id: str,
    leases: Leases | None = None,
    clock: StoreClock | None = None,
) -> AsyncGenerator[Container]:
    """The container of a gateway around any planners and pools; without `leases`, its own loop renews them."""
    clock = clock or StoreClock(redis)
    streams = Streams(settings.heartbeat_s)
    meter = Meter(streams)
    answer_s = _longest_answer_s(settings)
    quotas = Quotas(redis, answer_s, settings.keep_s)
    used = UsageLedger(redis, quotas, answer_s + settings.keep_s)
    accounts = Accounts(used, meter)
    blobs = ChargedBlobs(redis, objects, settings.keep_s, quotas)
    store = key_store(settings, redis)
    keys = ApiKeys(settings.api_keys, store, settings.tenant_limits, settings.admin_key)
    loads = _loads(settings, backends)
    admission = Admission(
        quotas,
        lambda model: loads[backends.of(model).pool_name],
        settings.most_responses,
        has_tenants=keys.are_asked_for,
    )
    ledger = MeteredLedger(redis, settings.keep_s, meter, admission)
    async with AsyncExitStack() as stack:
        images = _image_check(settings)
        stack.push_async_callback(images.close)
        if leases is None:
            leases = Leases(redis, gateway_id, settings.patience.owner_lost_s)
            await stack.enter_async_context(kept_by_task(leases, redis))
        follower = await stack.enter_async_context(Follower(ledger, settings.patience, clock.now))
        leases.reads = follower.reads
        views = Views(blobs)
        conductor = Conductor(
            backends,
            views,
            ledger,
            leases,
            settings.patience,
            clock.now,
            settings.most_responses,
            await _critic(settings, views, stack),
            accounts.ended,
        )
        await stack.enter_async_context(conductor)
        loops = await stack.enter_async_context(Loops())
        links = _links(settings, redis, loops)
        sweeper = Sweeper(redis, blobs, settings.keep_s, settings.most_stored_bytes, gateway_id)
        history = History(ledger, follower, blobs)
        files = Files(redis, blobs, history, settings.keep_s)
        await keys.begin()
        loops.start(Takeovers(conductor, ledger, leases, clock.now).run(), "takeovers")
        loops.start(clock.keep(), "clock")
        loops.start(sweeper.run(), "sweeper")
        loops.start(accounts.run(), "accounts")
        for name, load in loads.items():
            loops.start(load.keep(), f"load of {name}")
        if store is not None:
            loops.start(keys.keep(), "API keys")
        loops.watch([*leases.loops, *follower.loops, *conductor.loops])
        for pool in backends.pools.values():
            loops.watch(pool.loops)
        yield Container(
            settings=settings,
            redis=redis,
            backends=backends,
            conductor=conductor,
            follower=follower,
            intake=Intake(settings, blobs, files, images, history, links, _remote(settings)),
            idempotency=Idempotency(redis, settings.keep_s, leases),
            links=links,
            keys=keys,
            key_store=store,
            quotas=quotas,
            admission=admission,
            usage=used,
            meter=meter,
            pool_metrics=PoolMetrics(redis, *backends.pools),
            streams=streams,
            pictures=SharedPictures(blobs),
            leases=leases,
            loops=loops,
        )


def key_store(settings: Settings, redis: Redis) -> KeyStore | None:
    """Where API keys are kept that are made while gateways run."""
    match settings.key_store or ("redis" if settings.admin_key else None):
        case None:
            return None
        case "redis":
            return RedisKeys(redis)
        case path:
            return KeyFile(Path(path))


def _longest_answer_s(settings: Settings) -> float:
    """No answer is under way for longer, also one that was lost with all who could go on with it."""
    return settings.patience.response_s + ANSWER_MARGIN_S


def _loads(settings: Settings, backends: Backends) -> dict[str, PoolLoad]:
    return {
        name: PoolLoad(pool, settings.job_timeout_s, settings.most_waiting_jobs)
        for name, pool in backends.pools.items()
    }


def _image_check(settings: Settings) -> ImageCheck:
    limits = ImageLimits(settings.most_image_bytes, settings.most_image_pixels, settings.least_image_side_px)
    return ImageCheck(limits, settings.image_processes, settings.image_s)


def _links(settings: Settings, redis: Redis, loops: Loops) -> Links:
    if settings.link_secret is not None:
        return Links(Secrets(redis, settings.link_secret.get_secret_value().encode()), settings.keep_s)
    shared = Secrets(redis)
    loops.start(shared.share(), "secrets of links")
    return Links(shared, settings.keep_s)


async def _critic(settings: Settings, views: Views, stack: AsyncExitStack) -> ChatCritic | None:
    if settings.critic_url is None:
        return None
    critic = ChatCritic(settings.critic_url, settings.critic_model, settings.critic_api_key, views)
    return await stack.enter_async_context(critic)


async def _backends(settings: Settings, redis: Redis, gateway_id: str, stack: AsyncExitStack) -> Backends:
    """Planners and pools of all models; models that name the same share it."""
    planners: dict[str, planner_client.Planner] = {}
    pools: dict[str, visualizer_client.Pool] = {}
    by_name: dict[str, Backend] = {}
    for model, served in settings.served.items():
        url, name = served.planner_url or settings.planner_url, served.pool or settings.pool
        if url not in planners:
            planners[url] = await stack.enter_async_context(planner_client.Planner(url))
        if name not in pools:
            pool = visualizer_client.Pool(
                redis,
                name,
                gateway_id,
                settings.most_waiting_jobs,
                _longest_answer_s(settings),
            )
            pools[name] = await stack.enter_async_context(pool)
        by_name[model] = Backend(planners[url], pools[name], name)
    return Backends(by_name)


def _remote(settings: Settings) -> RemoteImages | None:
    return (
        RemoteImages(settings.most_image_bytes, settings.remote_image_s) if settings.remote_images else None
    )
