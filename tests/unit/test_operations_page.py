import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, SecretStr

import gateway.http.metrics
import gateway.settings
import planner_service.metrics
import planner_service.settings
import visualizer_service.metrics
import visualizer_service.settings
from gateway.http.pool_metrics import pool_families, redis_families, stored_families
from gateway.http.sse import Streams

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
SETTINGS = {
    "GATEWAY_": gateway.settings.Settings,
    "PLANNER_": planner_service.settings.Settings,
    "VISUALIZER_": visualizer_service.settings.Settings,
}

VISUALIZERS = [
    metric for metric in vars(visualizer_service.metrics).values() if isinstance(metric, MetricWrapperBase)
]


def told(prefix: str) -> dict[str, str]:
    """The page's variables with this prefix, and their defaults."""
    return dict(re.findall(rf"^\| `({prefix}[A-Z_]+)` \| `?(.*?)`? \|", PAGE, flags=re.MULTILINE))


def written(default: Any) -> str | None:
    """How the page writes a default; a group of settings is only referred to."""
    match default:
        case None:
            return "none"
        case SecretStr():
            return "secret"
        case bool() | dict() | tuple():
            return json.dumps(default)
        case _ if isinstance(default, BaseModel) or hasattr(default, "__dataclass_fields__"):
            return None
        case _:
            return str(default)


@pytest.mark.parametrize("prefix", SETTINGS)
def test_the_page_lists_every_setting_with_its_default(prefix: str) -> None:
    fields = SETTINGS[prefix].model_fields
    defaults = {
        prefix + name.upper(): written(field.get_default(call_default_factory=True))
        for name, field in fields.items()
    }
    listed = told(prefix)
    assert listed.keys() == defaults.keys()
    wrong = {name: listed[name] for name, default in defaults.items() if default not in (None, listed[name])}
    assert wrong == {}


def test_the_page_lists_every_metric() -> None:
    ours = gateway.http.metrics.Meter(Streams(heartbeat_s=10)).exposition().decode()
    planner = planner_service.metrics.Metrics(CollectorRegistry()).registry
    families = [
        *text_string_to_metric_families(ours),
        *planner.collect(),
        *(family for metric in VISUALIZERS for family in metric.collect()),
        *pool_families("p", [], {}, 1.0),
        *stored_families({b"bytes": b"0", b"limit": b"0"}),
        *redis_families({"used_memory": 0, "maxmemory": 0, "evicted_keys": 0}),
    ]
    names = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    listed = set(
        re.findall(
            r"^\| `((?:gateway|planner|visualizer)_[a-z_]+)", PAGE.split("## Metrics")[1], flags=re.MULTILINE
        )
    )
    ours = {name for name in names if not name.endswith("_created") and not name.startswith("process_")}
    assert listed == ours


@pytest.mark.parametrize(
    ("name", "buckets"),
    [
        ("waits", gateway.http.metrics.WAITS_S),
        ("deliveries", gateway.http.metrics.DELIVERIES_S),
        ("plans", planner_service.metrics.SECONDS),
        ("work", visualizer_service.metrics._SECONDS),
        ("rows", visualizer_service.metrics._ROWS),
    ],
)
def test_the_page_says_which_buckets_there_are(name: str, buckets: tuple[float, ...]) -> None:
    assert f"*{name}* {buckets[0]:g} to {buckets[-1]:g}" in PAGE
