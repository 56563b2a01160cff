"""Why the gateway refuses or gives up, one class per party that must act; it knows statuses and codes, nothing of frameworks.

    GatewayError                   500 internal            the operator
    ├── InvalidRequest             400 invalid_value       the client: fix the field named by `param`
    │   ├── MethodNotAllowed       405 method_not_allowed
    │   ├── AnswerRejected         400 rejected
    │   ├── BodyTooSlow            408 body_too_slow
    │   ├── KeyInUse               409 idempotency_key_in_use
    │   ├── RangeNotSatisfiable    416 range_not_satisfiable
    │   ├── UnknownEncoding    415 unknown_encoding
    │   ├── KeyUsed                422 idempotency_key_used
    │   ├── HeadersTooLarge        431 headers_too_large
    │   ├── ClientLeft             499 client_left         nobody: it is for the operator's eyes
    │   └── BodyTooLarge           413 body_too_large
    ├── NotAuthenticated           401 invalid_api_key     the client: send a key that is known
    ├── Forbidden                  403 forbidden           the client: a signed link was changed, or its time is up
    ├── NotFound                   404 not_found           the client: the id is unknown, expired, or somebody else's
    ├── OverLimit                  429 (the limit)         the client: its tenant has what it may have; come back after `retry_after_s`
    ├── Overloaded                 503 overloaded          the operator; the client may come back after `retry_after_s`
    ├── TooManyConnections         503 too_many_connections the client: come back after `retry_after_s`
    ├── PlannerUnavailable         503 planner_unavailable the operator; the client may come back
    ├── StoreUnavailable           503 store_unavailable   the operator; the client may come back
    ├── AnswerUnavailable          503 (its own)           the operator; the client may come back for another answer
    ├── AnswerFailed               500 (its own)           the operator: an answer broke off in a dialect that has no half answers
    └── ShuttingDown               503 shutting_down       nobody: another gateway takes the retry

A message is written for the client: it names the field and the limit, and never carries another exception's text.
"""

from __future__ import annotations

import logging
from typing import ClassVar

from redis.exceptions import RedisError

from gateway.answer.failures import INTERNAL
from planner_service import client as planner

log = logging.getLogger(__name__)

STORE_ERRORS = (RedisError, OSError)
"""What a call raises when Redis is away; an answer of its that is overdue is an OSError, too."""
FOREIGN = (planner.PlanRefused, planner.PlannerUnavailable, *STORE_ERRORS)
"""Other packages' exceptions that `named` has a name for."""
# What a client is told to wait for a part of the system that is away.
RETRY_AFTER_S = 5.0


class GatewayError(Exception):
    """The gateway erred."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    code: str = "internal"
    retry_after_s: float | None = None

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.message = message or self.__doc__ or ""
        self.code = code or self.code
        self.param = param
        self.retry_after_s = self.retry_after_s if retry_after_s is None else retry_after_s
        super().__init__(self.message)


class InvalidRequest(GatewayError):
    """The request cannot be accepted as it is."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_value"


class MethodNotAllowed(InvalidRequest):
    """The path exists, but does not take this method; `allow` lists those that it does, as the header of that name."""

    status = 405
    code = "method_not_allowed"
    allow: str = ""


class BodyTooSlow(InvalidRequest):
    """The body does not come."""

    status = 408
    code = "body_too_slow"


class KeyInUse(InvalidRequest):
    """The first request with this Idempotency-Key is still being taken in; send it again in a moment."""

    status = 409
    code = "idempotency_key_in_use"


class RangeNotSatisfiable(InvalidRequest):
    """The file has none of the bytes that are asked for."""

    status = 416
    code = "range_not_satisfiable"


class UnknownEncoding(InvalidRequest):
    """The body is encoded in a way that is not read here."""

    status = 415
    code = "unknown_encoding"


class KeyUsed(InvalidRequest):
    """This Idempotency-Key came with another request before; each key is for one request only."""

    status = 422
    code = "idempotency_key_used"


class HeadersTooLarge(InvalidRequest):
    """The request has more headers than the gateway reads."""

    status = 431
    code = "headers_too_large"


class BodyTooLarge(InvalidRequest):
    """The body is larger than the gateway reads."""

    status = 413
    code = "body_too_large"


class NotAuthenticated(GatewayError):
    """No API key was sent, or one that is not known."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"


class Forbidden(GatewayError):
    """This link does not open what it names."""

    status = 403
    type = "permission_error"
    code = "forbidden"


class NotFound(GatewayError):
    """There is no such thing here."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"


class OverLimit(GatewayError):
    """Your tenant has all that it may have."""

    status = 429
    type = "rate_limit_error"
    code = "over_limit"


class Overloaded(GatewayError):
    """As much work as can be done is under way, whoever asked for it."""

    status = 503
    code = "overloaded"
    retry_after_s = RETRY_AFTER_S


class ClientLeft(InvalidRequest):
    """The client has left; nobody reads this."""

    # As nginx has it.
    status = 499
    code = "client_left"


class TooManyConnections(GatewayError):
    """As many connections are open here as can be."""

    status = 503
    code = "too_many_connections"
    retry_after_s = RETRY_AFTER_S


class PlannerUnavailable(GatewayError):
    """The planner cannot be reached or is not ready."""

    status = 503
    code = "planner_unavailable"
    retry_after_s = RETRY_AFTER_S


class StoreUnavailable(GatewayError):
    """The gateway's store cannot be reached."""

    status = 503
    code = "store_unavailable"
    retry_after_s = RETRY_AFTER_S


class AnswerFailed(GatewayError):
    """The answer was begun and could not be finished."""


class AnswerUnavailable(GatewayError):
    """The answer was begun and a part of the system was lost; come back for another."""

    status = 503
    code = "unavailable"
    retry_after_s = RETRY_AFTER_S


class AnswerRejected(InvalidRequest):
    """The model cannot draw this."""

    code = "rejected"


class ShuttingDown(GatewayError):
    """This gateway is shutting down."""

    status = 503
    code = "shutting_down"
    retry_after_s = RETRY_AFTER_S


# Codes of answers and pictures that failed for want of a part of the system, not for what was asked.
UNAVAILABLE = frozenset(
    {"shutting_down", "planner_shutting_down", "gateway_lost", "store_unavailable", "queue_unavailable"}
)


def answer_failure(code: str, message: str) -> GatewayError:
    """What to tell of an answer that failed with this code, where nothing of it can be told."""
    if code in UNAVAILABLE:
        return AnswerUnavailable(message, code=code)
    return AnswerRejected(message, code=code) if code == "rejected" else AnswerFailed(message, code=code)


def named(error: Exception, prompt_field: str | None = None) -> GatewayError:
    """Say any exception in the gateway's own terms; one that is not known becomes `internal`, its details go to the log only.

    `prompt_field` is the one that holds what is asked, in the dialect that is spoken.
    """
    match error:
        case GatewayError():
            return error
        case planner.PlanRefused():
            code = "context_length_exceeded" if error.code == "prompt_too_long" else "invalid_value"
            return InvalidRequest(str(error), code=code, param=prompt_field)
        case planner.PlannerUnavailable():
            log.warning("planner unavailable", exc_info=error)
            return PlannerUnavailable()
        case RedisError() | OSError():
            log.error("store unavailable", exc_info=error)
            return StoreUnavailable()
    log.error("unexpected error", exc_info=error)
    return GatewayError(INTERNAL)
