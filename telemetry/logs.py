"""Log records as lines: for people, or as JSON for programs; with everything that was said beside the message (`extra`).

A record takes up what is known of the request that it belongs to: `begin` opens a set of fields, which the task, all that it starts, and
the threads that work for it share; `bind` adds to it.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from contextvars import ContextVar
from typing import Any, Final, Literal

Format = Literal["text", "json"]

_BOUND: ContextVar[dict[str, str] | None] = ContextVar("log_fields", default=None)
# What a record has of its own; all else was given as `extra`. uvicorn colours one of its fields.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

CHATTY: Final = ("httpx", "httpx2")
"""Tell of every call that a service makes, whole addresses included."""


def configure(level: str, format: Format, service: str) -> None:
    """Have every logger of this process write lines to stderr; uvicorn's own, too, if it is told to leave them alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service) if format == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def begin(**fields: str) -> None:
    """Name these fields, and none that were known before, in all that is logged from here on."""
    _BOUND.set(dict(fields))


def bind(**fields: str) -> None:
    """Add fields to those of the request; where none has begun, nothing happens."""
    if (bound := _BOUND.get()) is not None:
        bound.update(fields)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was said beside the message; what stands with the record goes before what is bound."""
    said = {name: value for name, value in vars(record).items() if name not in _OWN}
    return {**(_BOUND.get() or {}), **said}


class TextLines(logging.Formatter):
    """`TIME LEVEL LOGGER: MESSAGE name=value …`, then a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        told = "".join(f" {name}={value}" for name, value in fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{told}"
        trace = _traceback(self, record)
        return f"{line}\n{trace}" if trace else line


class JsonLines(logging.Formatter):
    """One JSON object a line: `time`, `level`, `service`, `logger`, `message`, the fields, and `traceback`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        own = {
            "time": _time(record),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        told = own | {name: value for name, value in fields(record).items() if name not in own}
        if trace := _traceback(self, record):
            told["traceback"] = trace
        return json.dumps(told, default=str)


def _time(record: logging.LogRecord) -> str:
    """UTC, in milliseconds."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
