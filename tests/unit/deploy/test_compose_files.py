"""The compose files, read as compose reads them, without an engine."""

import re
from pathlib import Path

import yaml

from gateway.settings import Settings

ROOT = Path(__file__).parents[3]
OURS = ("planner", "visualizer", "gateway", "proxy", "load", "aiperf")


def read(path: str) -> dict:
    return yaml.safe_load((ROOT / path).read_text())["services"]


def test_a_plain_up_starts_the_system_and_nothing_else() -> None:
    started = {name for name, service in read("docker-compose.yml").items() if "profiles" not in service}
    assert started == {"redis", "planner", "visualizer", "gateway"}


def test_only_what_people_and_operators_meet_has_a_port_and_it_is_on_loopback() -> None:
    published = {
        name: ports for name, service in read("docker-compose.yml").items() if (ports := service.get("ports"))
    }
    assert published.keys() == {"gateway", "proxy", "prometheus", "grafana", "jaeger"}
    assert all("127.0.0.1" in port for ports in published.values() for port in ports)


def test_no_service_has_rights_that_it_does_not_need() -> None:
    for service in read("docker-compose.yml").values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_whatever_an_image_copies_is_let_through_to_its_build() -> None:
    let_through = [line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines()]
    for name in OURS:
        lines = (ROOT / "deploy" / f"Dockerfile.{name}").read_text().splitlines()
        copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
        for source in copied:
            assert (ROOT / source.replace("${REQUIREMENTS}", "gpu.txt")).exists(), source
            assert any(source == one or source.startswith(f"{one}/") for one in let_through), source


def test_planner_and_visualizers_have_different_gpus_unless_told_otherwise() -> None:
    devices = [
        service["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"]
        for service in read("deploy/compose.gpu.yml").values()
        if "deploy" in service
    ]
    assert devices == [["${PLANNER_GPU:-0}"], ["${VISUALIZER_GPU:-1}"]]


def test_a_volume_of_weights_belongs_to_whoever_fills_it() -> None:
    for name in ("planner", "visualizer"):
        assert "chown 10001:10001 /cache" in (ROOT / "deploy" / f"Dockerfile.{name}").read_text()


def test_gateway_and_visualizers_share_a_volume_of_pictures_that_they_may_write() -> None:
    services = read("docker-compose.yml")
    for name in ("gateway", "visualizer"):
        assert "pictures:/pictures" in services[name]["volumes"]
        assert services[name]["environment"][f"{name.upper()}_BLOBS_URL"] == "${BLOBS_URL:-file:///pictures}"
        dockerfile = (ROOT / "deploy" / f"Dockerfile.{name}").read_text()
        assert "chown 10001:10001 /pictures" in dockerfile


def test_redis_is_published_with_a_password_and_everybody_knows_it() -> None:
    services = read("deploy/compose.machines.yml")
    known = services["visualizer"]["environment"]["VISUALIZER_REDIS_URL"]

    assert "--requirepass" in services["redis"]["command"]
    assert services["redis"]["ports"][0].startswith("${REDIS_BIND:?")
    assert known.startswith("redis://:${REDIS_PASSWORD:?")
    assert services["gateway"]["environment"]["GATEWAY_REDIS_URL"] == known


def test_the_proxy_passes_bodies_as_large_as_gateways_take_and_waits_longer_than_they_are_silent() -> None:
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    said = dict(
        re.findall(r"^\s*(client_max_body_size|proxy_read_timeout|proxy_buffering) (\w+);", conf, re.M)
    )
    settings = Settings.model_fields
    assert int(said["client_max_body_size"].removesuffix("m")) * 2**20 >= settings["most_body_bytes"].default
    assert int(said["proxy_read_timeout"].removesuffix("s")) > settings["heartbeat_s"].default
    assert said["proxy_buffering"] == "off"
