"""A process that plans with a vision model and tells, as one line of JSON, what the model was given and what it wrote.

`python -m tests.integration.planner.vision_planner FOLDER REQUEST…`, each request a `PlanRequest` in JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from planner_service.engines import cpu
from planner_service.language.bounds import language_of
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.settings import Settings
from planner_service.wire import PLAN_EVENT, PlanDone, PlanFailed, PlanRequest
from tests.integration.planner import vision_site


async def main(folder: str, requests: list[PlanRequest]) -> list[dict[str, Any]]:
    cpu.prepare_environment()
    schemas = vision_site.enter()
    # Only now: what it imports looks for torchvision once.
    from planner_service.engines.engine import VllmBackend

    engine_args = {"limit_mm_per_prompt": {"image": 4, "video": 0}}
    backend = await VllmBackend.start(Settings(model=folder, engine_args=engine_args))
    try:
        plans = Plans(backend, Metrics(), 60)
        return [await tell(backend, plans, request) for request in requests]
    finally:
        await backend.close()
        del schemas


async def tell(backend: Any, plans: Plans, request: PlanRequest) -> dict[str, Any]:
    prompt = (await backend.open(request, language_of(request))).input
    plan = await plans.begin(request)
    events: list[Any] = []
    while not events or not isinstance(events[-1], PlanDone | PlanFailed):
        events.extend(await plan.next_events())
    return {
        "sees_images": backend.model.sees_images,
        "tokens": len(prompt["prompt_token_ids"]),
        "tokens_of_images": [place.length for place in prompt["mm_placeholders"]["image"]],
        "ends_of_images": [place.offset + place.length for place in prompt["mm_placeholders"]["image"]],
        "images": prompt["mm_hashes"]["image"],
        "events": [PLAN_EVENT.dump_python(event, mode="json") for event in events],
    }


if __name__ == "__main__":
    told = asyncio.run(main(sys.argv[1], [PlanRequest.model_validate_json(text) for text in sys.argv[2:]]))
    print(json.dumps(told), flush=True)
