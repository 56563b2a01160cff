"""The compose file for GPUs starts on a machine with two of them, and on one with one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
GPU_SERVICES = ("planner", "visualizer")


def services(**variables: str) -> dict[str, Any]:
    """The services of the file as compose reads it, where these variables are set."""
    text = (ROOT / "deploy" / "compose.gpu.yml").read_text(encoding="utf-8")
    filled = re.sub(r"\$\{([A-Z_]+):-([^}]*)\}", lambda found: variables.get(found[1], found[2]), text)
    return yaml.safe_load(filled)["services"]


def gpus(service: dict[str, Any]) -> list[str]:
    [device] = service["deploy"]["resources"]["reservations"]["devices"]
    assert "count" not in device, "a count always means the first GPUs of the machine"
    return device["device_ids"]


def test_with_two_gpus_planner_and_visualizer_have_one_each() -> None:
    read = services()
    assert [gpus(read[name]) for name in GPU_SERVICES] == [["0"], ["1"]]


def test_with_one_gpu_both_are_put_on_it() -> None:
    read = services(VISUALIZER_GPU="0")
    assert [gpus(read[name]) for name in GPU_SERVICES] == [["0"], ["0"]]


@pytest.mark.parametrize("name", GPU_SERVICES)
def test_models_and_compiled_code_are_kept_where_the_service_may_write(name: str) -> None:
    service = services()[name]
    assert service["volumes"] == ["cache:/cache"]
    kept = [service["environment"][key] for key in ("HF_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")]
    assert all(folder.startswith("/cache/") for folder in kept)
    dockerfile = (ROOT / "deploy" / f"Dockerfile.{name}").read_text(encoding="utf-8")
    made, user = dockerfile.index("mkdir /cache && chown 10001:10001 /cache"), dockerfile.index("USER 10001")
    assert made < user


def test_what_decides_whether_models_fit_is_passed_through() -> None:
    read = services()
    assert read["planner"]["environment"]["PLANNER_ENGINE_ARGS"] is None
    assert all(
        read["visualizer"]["environment"][f"VISUALIZER_{name}"] is None
        for name in (
            "COMPILED",
            "WEIGHTS",
            "OFFLOADED",
            "KEYS_VALUES",
            "REFERENCE_SIDE_PX",
            "CACHE_SHARE",
            "HOST_CACHE_BYTES",
            "SLOTS",
        )
    )
