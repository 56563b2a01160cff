import socket
from pathlib import Path

import pytest

from deploy.local.services import SIMULATED, build
from deploy.local.settings import LocalSettings


def test_every_process_gets_a_port_of_its_own_and_the_address_of_the_others(tmp_path: Path) -> None:
    stack = build(LocalSettings(directory=tmp_path, visualizers=3))
    (redis,), (planner, *visualizers), (gateway,) = stack.stages
    assert [service.name for service in visualizers] == ["visualizer-1", "visualizer-2", "visualizer-3"]
    ports = [
        planner.env["PLANNER_PORT"],
        gateway.env["GATEWAY_PORT"],
        *(one.env["VISUALIZER_PORT"] for one in visualizers),
    ]
    assert len(set(ports)) == 5
    assert gateway.env["GATEWAY_PLANNER_URL"] == f"http://127.0.0.1:{planner.env['PLANNER_PORT']}"
    assert {one.env["VISUALIZER_REDIS_URL"] for one in visualizers} == {gateway.env["GATEWAY_REDIS_URL"]}
    assert {one.env["VISUALIZER_BLOBS_URL"] for one in visualizers} == {gateway.env["GATEWAY_BLOBS_URL"]}
    assert redis.command[redis.command.index("--port") + 1] in gateway.env["GATEWAY_REDIS_URL"]


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        build(LocalSettings(directory=tmp_path, gateway_port=taken.getsockname()[1]))


def test_the_environment_may_give_services_more_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANNER_GRACE_S", "60")
    _, (planner, *_), _ = build(LocalSettings(directory=tmp_path)).stages
    assert planner.env["PLANNER_GRACE_S"] == "60"
    assert planner.env["GATEWAY_SHUTDOWN_S"] == "5"


def test_a_stack_starts_with_an_empty_redis(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "appendonly.aof").write_text("old")
    build(LocalSettings(directory=tmp_path))
    assert list((tmp_path / "redis").iterdir()) == []


def test_visualizers_with_tensors_alone_ask_for_huge_pages_unless_the_environment_tunes_memory_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    (redis,), (planner, visualizer, *_), (gateway,) = build(LocalSettings(directory=tmp_path)).stages
    assert "hugetlb" in visualizer.env["GLIBC_TUNABLES"]
    assert "GLIBC_TUNABLES" not in planner.env
    for service in (redis, gateway):
        assert service.env["GLIBC_TUNABLES"] == "glibc.malloc.mmap_threshold=1048576"
    _, (_, simulated, *_), _ = build(LocalSettings(directory=tmp_path, visualizer_model=SIMULATED)).stages
    assert simulated.env["GLIBC_TUNABLES"] == "glibc.malloc.arena_max=2"
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=2")
    _, (_, visualizer, *_), (gateway,) = build(LocalSettings(directory=tmp_path)).stages
    for service in (visualizer, gateway):
        assert service.env["GLIBC_TUNABLES"] == "glibc.malloc.arena_max=2"
