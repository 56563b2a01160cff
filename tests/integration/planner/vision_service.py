"""The planner service in a process that can import torchvision; settings are the environment's, as ever."""

from __future__ import annotations

from planner_service import main
from planner_service.engines import cpu
from tests.integration.planner import vision_site

if __name__ == "__main__":
    cpu.prepare_environment()
    schemas = vision_site.enter()
    main.main()
