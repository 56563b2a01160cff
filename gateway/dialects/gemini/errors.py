"""Errors as Google's APIs write them, so that its clients read them.

Source:
    google.rpc.Code for the names of statuses; google.rpc.BadRequest and google.rpc.ErrorInfo for the details.
"""

from __future__ import annotations

from typing import Any

from gateway.answer.errors import GatewayError

DOMAIN = "weaver"
STATUSES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def as_google(error: GatewayError) -> dict[str, Any]:
    """The error as an object, in bodies and in streams alike; its details name the field."""
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": error.code.upper(),
            "domain": DOMAIN,
        }
    ]
    if error.param:
        violation = {"field": error.param, "description": error.message}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    status = STATUSES.get(error.status, "INVALID_ARGUMENT")
    return {"error": {"code": error.status, "message": error.message, "status": status, "details": details}}
