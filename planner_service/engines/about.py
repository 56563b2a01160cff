"""What a model's folder says of the model in `about.json`, for people who are about to ask."""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import ValidationError

from planner_service.wire import About

log = logging.getLogger(__name__)


def about(model: str) -> About | None:
    """What is said of the model in this folder; nothing of one that has a name only, or says nothing."""
    path = Path(model) / "about.json"
    if not path.is_file():
        return None
    try:
        return About.model_validate_json(path.read_bytes())
    except ValidationError:
        log.warning("about.json is not read: it must hold `text`, and may hold `ideas`", exc_info=True)
        return None
