"""Why an answer or a picture failed, in words for the client: one table of codes for each of the three that can fail.

Where a limit or a duration says more than the code, whoever fails something writes the words itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.answer.events import ResponseFailed

INTERNAL: Final = "Something went wrong here; it is not your request's fault."

# The planner's codes; a response's code is one of them after `planner_`.
PLAN_FAILURES: Final[Mapping[str, str]] = {
    "malformed_plan": "The planner wrote a plan that cannot be read.",
    "engine_failed": "The planner's engine failed.",
    "upstream_failed": "The planner was lost in the middle of the answer.",
    "deadline": "The planner took too long.",
    "shutting_down": "The planner shut down in the middle of the answer.",
}
RESPONSE_FAILURES: Final[Mapping[str, str]] = {
    "shutting_down": "The gateway shut down in the middle of the answer.",
    "internal": INTERNAL,
    "gateway_lost": "The gateway that made this answer was lost.",
    "response_lost": "The answer was deleted, or lost by the store.",
    "store_unavailable": "The store of answers cannot be reached.",
}
# A picture's code is the visualizer's, the gateway's own, or that of the response that failed around it.
PICTURE_FAILURES: Final[Mapping[str, str]] = {
    "rejected": "The model cannot draw this.",
    "reference_missing": "An image that was to guide the picture is gone.",
    "no_memory": "The picture does not fit into the device's memory.",
    "poisoned": "Every attempt at the picture ended its worker.",
    "unsupported": "The visualizers are of a release that cannot draw this.",
    "pictures_unavailable": "The store of pictures cannot be reached.",
    "deadline": "The picture was not ready in time.",
    "incomplete_description": "The answer was cut before the picture was described.",
    "queue_unavailable": "The picture could not be queued.",
    "cancelled": "The response was cancelled before the picture was ready.",
}
PICTURE_FAILED: Final = "The picture could not be drawn."
"""Of a picture whose code has no words of its own."""


def response_failed(code: str, at: float) -> ResponseFailed:
    """The last event of a response that failed with one of `RESPONSE_FAILURES`; `at` is Unix time in seconds."""
    return ResponseFailed(at=at, code=code, message=RESPONSE_FAILURES[code])
