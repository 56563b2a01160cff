"""How a request wants its tokens chosen, under the names that vLLM and, for the most part, OpenAI's API give it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from planner_service.wire import PlanRequest

OPENAI = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
"""What every OpenAI-compatible server takes."""

VLLM = ("top_k", "min_p", "repetition_penalty")
"""What vLLM and some others take besides."""

NEVER = -100.0
"""The bias that OpenAI's API names for a token that must not be written."""


def asked_for(request: PlanRequest, names: Iterable[str]) -> dict[str, Any]:
    """Those of the fields that the request sets."""
    return {name: value for name in names if (value := getattr(request, name)) is not None}


def sampling_of(request: PlanRequest, forbidden_ids: Iterable[int]) -> dict[str, Any]:
    """Arguments for vLLM's `SamplingParams`. Stop strings are not among them: they are looked for in the answer's text, not in its tags."""
    bias = request.logit_bias | dict.fromkeys(forbidden_ids, NEVER)
    return {**asked_for(request, (*OPENAI, *VLLM)), "logit_bias": bias or None}
