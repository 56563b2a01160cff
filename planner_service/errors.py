"""What can go wrong with a plan, one class per who must act.

PlannerError
├── PlanRefused          the caller: the request is wrong, its message says where
├── PlannerUnavailable   the caller, later: nothing was begun
└── PlanBroken           nobody: the plan had begun and ends with `PlanFailed(code)`
    ├── MalformedPlan    the model left the planner's language
    ├── EngineFailed     the engine died or gave the request up
    └── UpstreamFailed   the server behind the `openai` backend broke off
"""

from __future__ import annotations

from typing import ClassVar, Literal

from planner_service.wire import FailureCode


class PlannerError(Exception):
    """The base of every error of this service."""


class PlanRefused(PlannerError):
    """The request cannot be planned; `str` of it is meant for the client."""

    def __init__(self, message: str, code: Literal["invalid_request", "prompt_too_long"] = "invalid_request"):
        super().__init__(message)
        self.code: Literal["invalid_request", "prompt_too_long"] = code


class PlannerUnavailable(PlannerError):
    """The planner is down, starting or stopping."""


class PlanBroken(PlannerError):
    """A plan that had begun cannot go on."""

    code: ClassVar[FailureCode]


class MalformedPlan(PlanBroken):
    """The plan breaks the language beyond repair."""

    code = "malformed_plan"


class EngineFailed(PlanBroken):
    """The engine ended without finishing the plan."""

    code = "engine_failed"


class UpstreamFailed(PlanBroken):
    """The upstream server ended without finishing the plan."""

    code = "upstream_failed"
