"""Spans for OpenTelemetry, switched on by its own standard variables, and free of cost where they are not set.

Without an exporter's address (`OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), with `OTEL_SDK_DISABLED=true` or
`OTEL_TRACES_EXPORTER=none`, nothing of OpenTelemetry is imported and every span is `OFF`. Spans know their parents by `traceparent`
(W3C Trace Context), which goes from service to service in headers and jobs; nothing is looked up in a context that tasks share.

Source:
    OpenTelemetry specification, "SDK environment variables"; semantic conventions of generative AI (in development): names of attributes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Value = str | int | float | bool
HEADER = "traceparent"

log = logging.getLogger(__name__)


class Span(Protocol):
    """Something that takes time. `traceparent` names it to others; it is None while tracing is off."""

    traceparent: str | None

    def child(self, name: str, kind: Kind = "internal", at: float | None = None, **attributes: Value) -> Span:
        """Begin a part of it, at a Unix time in seconds or now."""
        ...

    def tell(self, **attributes: Value) -> None:
        """Say more of it; in names, two underscores stand for a dot."""
        ...

    def end(self, error: str | None = None, at: float | None = None) -> None:
        """It is over, because of an error or not; a second time changes nothing."""
        ...


class _Off:
    """A span that nobody asked for."""

    traceparent: str | None = None

    def child(self, name: str, kind: Kind = "internal", at: float | None = None, **attributes: Value) -> Span:
        return self

    def tell(self, **attributes: Value) -> None:
        return None

    def end(self, error: str | None = None, at: float | None = None) -> None:
        return None


OFF: Span = _Off()
CURRENT: ContextVar[Span] = ContextVar("span", default=OFF)
"""Of the request that is being answered: tasks that are started for it find their span here."""

_tracer: Tracer | None = None
_provider: TracerProvider | None = None


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the standard variables ask for traces."""
    has_address = any(
        environment.get(name)
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    )
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return has_address and not is_off and environment.get("OTEL_TRACES_EXPORTER", "otlp") != "none"


def configure(service: str) -> None:
    """Have spans exported if the standard variables ask for it; `OTEL_SERVICE_NAME` goes before `service`."""
    global _tracer, _provider
    if not wanted():
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("traces are asked for, and the packages of the extra `traces` are not installed")
        return
    name = os.environ.get("OTEL_SERVICE_NAME", f"weaver-{service}")
    _provider = TracerProvider(resource=Resource.create({"service.name": name}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = _provider.get_tracer("weaver")


def is_on() -> bool:
    """Whether spans go anywhere."""
    return _tracer is not None


def flush() -> None:
    """Send what has not been sent, before the process ends."""
    if _provider is not None:
        _provider.shutdown()


def begin(
    name: str,
    parent: str | None = None,
    kind: Kind = "internal",
    at: float | None = None,
    **attributes: Value,
) -> Span:
    """Begin a span below the one that `parent` names, or a trace of its own."""
    if _tracer is None:
        return OFF
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({HEADER: parent} if parent else {})
    return _Recorded(_tracer, _started(_tracer, name, context, kind, at, attributes))


class _Recorded:
    """A span that is exported when it ends."""

    def __init__(self, tracer: Tracer, span: OtelSpan) -> None:
        self._tracer, self._span = tracer, span
        context = span.get_span_context()
        self.traceparent: str | None = (
            f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        )

    def child(self, name: str, kind: Kind = "internal", at: float | None = None, **attributes: Value) -> Span:
        from opentelemetry.trace import set_span_in_context

        context = set_span_in_context(self._span)
        return _Recorded(self._tracer, _started(self._tracer, name, context, kind, at, attributes))

    def tell(self, **attributes: Value) -> None:
        self._span.set_attributes(_named(attributes))

    def end(self, error: str | None = None, at: float | None = None) -> None:
        from opentelemetry.trace import Status, StatusCode

        if not self._span.is_recording():
            return
        if error is not None:
            self._span.set_status(Status(StatusCode.ERROR, error))
            self._span.set_attribute("error.type", error)
        self._span.end(_nanoseconds(at))


def _started(
    tracer: Tracer, name: str, context: Any, kind: Kind, at: float | None, attributes: Mapping[str, Value]
) -> OtelSpan:
    from opentelemetry.trace import SpanKind

    return tracer.start_span(
        name,
        context=context,
        kind=SpanKind[kind.upper()],
        attributes=_named(attributes),
        start_time=_nanoseconds(at),
    )


def _named(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {name.replace("__", "."): value for name, value in attributes.items()}


def _nanoseconds(at: float | None) -> int | None:
    return None if at is None else int(at * 1e9)
