"""What an operator sees of the gateway: how answers end, how soon their parts come, and what delivering them costs.

Most of it is computed from the events as they are written down, so that background answers count like any other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from redis.asyncio import Redis

from gateway.answer import events as ev
from gateway.answer.events import DELTAS, GatewayEvent, LastEvent
from gateway.answer.request import Request
from gateway.answer.usage import AnswerUsage
from gateway.dialects.common.wire import WireEvent
from gateway.http.sse import Streams
from gateway.store.ledger import Ledger, Written

CONTENT_TYPE = CONTENT_TYPE_LATEST
WAITS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300)
DELIVERIES_S = (0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1, 5)

MOST_TENANTS = 200
"""Each has series of its own for as long as the process lives, so tenants that come and go would fill its memory and Prometheus' alike."""


@dataclass(slots=True)
class _Watch:
    """One response under way: when its first text came, and when each item was whole."""

    first_text_at: float | None = None
    first_picture_at: float | None = None
    whole_at: dict[int, float] = field(default_factory=dict)
    pictures: set[int] = field(default_factory=set)


class Meter:
    """All of one gateway's metrics."""

    def __init__(self, streams: Streams) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        shared = {"registry": self._registry, "namespace": "gateway"}
        self._responses = Counter("responses", "Responses ended, by outcome.", ["outcome"], **shared)
        self._pictures = Counter("pictures", "Pictures ended, by outcome.", ["outcome"], **shared)
        self._refused = Counter("refused", "Requests refused, by code.", ["code"], **shared)
        Gauge("open_streams", "Event streams being written.", **shared).set_function(lambda: streams.open)
        self._first_text = Histogram(
            "first_text_seconds", "Request to first text.", buckets=WAITS_S, **shared
        )
        self._first_picture = Histogram(
            "first_picture_seconds", "Request to first picture.", buckets=WAITS_S, **shared
        )
        self._stall = Histogram(
            "picture_stall_seconds",
            "What somebody who reads in order waits for a picture.",
            buckets=WAITS_S,
            **shared,
        )
        self._stitch = Histogram(
            "stitch_seconds",
            "Picture published by its worker to written to the client.",
            buckets=DELIVERIES_S,
            **shared,
        )
        self._watched: dict[str, _Watch] = {}
        self._tenants = set[str]()
        of_tenant = {"namespace": "gateway", "registry": self._registry}
        self._tokens = Counter("tenant_tokens", "Tokens of plans.", ["tenant", "kind"], **of_tenant)
        self._drawn = Counter("tenant_pictures", "Pictures drawn.", ["tenant"], **of_tenant)
        self._pixels = Counter("tenant_pixels", "Their pixels.", ["tenant"], **of_tenant)
        self._gpu = Counter("tenant_gpu_seconds", "Device time of pictures.", ["tenant"], **of_tenant)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def refused(self, code: str) -> None:
        """Count a request that was answered by an error."""
        self._refused.labels(code).inc()

    def used(self, tenant: str, usage: AnswerUsage) -> None:
        """Count what an answer took that has ended; of tenants beyond the most that are told apart as one, `others`."""
        if len(self._tenants) < MOST_TENANTS:
            self._tenants.add(tenant)
        tenant = tenant if tenant in self._tenants else "others"
        self._tokens.labels(tenant, "input").inc(usage.input_tokens)
        self._tokens.labels(tenant, "output").inc(usage.output_tokens)
        self._drawn.labels(tenant).inc(usage.pictures)
        self._pixels.labels(tenant).inc(usage.pixels)
        self._gpu.labels(tenant).inc(usage.gpu_s)

    def written(self, event: WireEvent, reader_since: float) -> None:
        """Time the delivery of a picture, unless it was there before its reader (both Unix times in seconds)."""
        if event.published_at is not None and event.published_at >= reader_since:
            self._stitch.observe(max(0.0, time.time() - event.published_at))

    def observe(self, request: Request, events: Sequence[GatewayEvent]) -> None:
        """Take note of what happened in a response."""
        if not events:
            return
        watch = self._watched.setdefault(request.id, _Watch())
        for event in events:
            self._note(watch, event)
            if isinstance(event, LastEvent):
                self._conclude(request, self._watched.pop(request.id), event)

    def forget(self, request: Request) -> None:
        """A response will not be heard of again here."""
        self._watched.pop(request.id, None)

    def _note(self, watch: _Watch, event: GatewayEvent) -> None:
        match event:
            case ev.TextStarted(at=at):
                watch.first_text_at = watch.first_text_at or at
            case ev.TextDone(item=item, at=at):
                watch.whole_at[item] = at
            case ev.PictureDone(item=item, at=at):
                watch.first_picture_at = watch.first_picture_at or at
                watch.whole_at[item] = at
                watch.pictures.add(item)
                self._pictures.labels("done").inc()
            case ev.PictureFailed(code=code):
                self._pictures.labels(code).inc()
            case ev.PictureCancelled():
                self._pictures.labels("cancelled").inc()

    def _conclude(self, request: Request, watch: _Watch, last: LastEvent) -> None:
        self._responses.labels(last.code if isinstance(last, ev.ResponseFailed) else last.state).inc()
        if watch.first_text_at is not None:
            self._first_text.observe(watch.first_text_at - request.created_at)
        if watch.first_picture_at is not None:
            self._first_picture.observe(watch.first_picture_at - request.created_at)
        for wait_s in _stalls(watch, request.created_at):
            self._stall.observe(wait_s)


def _stalls(watch: _Watch, began_at: float) -> Iterator[float]:
    """For each picture, how long it was waited for once all before it had been shown; 0 if it was there in time."""
    shown_at = began_at
    for item in sorted(watch.whole_at):
        whole_at = watch.whole_at[item]
        if item in watch.pictures:
            yield max(0.0, whole_at - shown_at)
        shown_at = max(shown_at, whole_at)


class Observer(Protocol):
    """Whoever wants to know what this process writes down."""

    def observe(self, request: Request, events: Sequence[GatewayEvent]) -> None:
        """This happened in a response."""
        ...

    def forget(self, request: Request) -> None:
        """A response will not be heard of again here."""
        ...


class MeteredLedger(Ledger):
    """A ledger that tells observers what this process writes to it."""

    def __init__(self, redis: Redis, ttl_s: float, *observers: Observer) -> None:
        super().__init__(redis, ttl_s)
        self._observers = observers

    def _concluded(
        self, request: Request, written: Written, first: int, events: Sequence[GatewayEvent]
    ) -> None:
        super()._concluded(request, written, first, events)
        if written == "written":
            # Most events are words, of which nobody here takes note.
            if told := [event for event in events if not isinstance(event, DELTAS)]:
                for observer in self._observers:
                    observer.observe(request, told)
        elif written != "behind":
            for observer in self._observers:
                observer.forget(request)
