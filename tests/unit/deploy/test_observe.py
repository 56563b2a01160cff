"""What operators are given beside the services: Prometheus' rules, each with its alert caused once, and the dashboard."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
OBSERVE = ROOT / "deploy" / "observe"
BUILT = ROOT / "build" / "prometheus" / "usr" / "bin" / "promtool"
PROMTOOL = shutil.which("promtool") or (str(BUILT) if BUILT.exists() else None)
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: make test fetches it")


def promtool(*arguments: str) -> None:
    assert PROMTOOL is not None
    outcome = subprocess.run([PROMTOOL, *arguments], cwd=OBSERVE, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def alerts() -> dict[str, dict]:
    (group,) = yaml.safe_load((OBSERVE / "rules" / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


@needs_promtool
def test_prometheus_takes_configuration_and_rules() -> None:
    promtool("check", "config", "prometheus.yml")


@needs_promtool
def test_each_alert_comes_when_its_cause_is_there_and_only_then() -> None:
    promtool("test", "rules", "tests/alerts.yml")


def test_no_alert_is_without_a_test() -> None:
    tests = (OBSERVE / "tests" / "alerts.yml").read_text()
    assert [name for name in alerts() if name not in tests] == []


def test_each_alert_has_a_line_that_says_what_to_do_and_a_section_that_says_more() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    sections = {heading.lower() for heading in re.findall(r"^### (\w+)$", page, flags=re.MULTILINE)}
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook"].endswith(f"docs/operations.md#{name.lower()}")
        assert name.lower() in sections


def test_the_dashboard_reads_the_source_that_comes_along() -> None:
    dashboard = json.loads((OBSERVE / "grafana" / "dashboards" / "weaver.json").read_text())
    sources = yaml.safe_load((OBSERVE / "grafana/provisioning/datasources/prometheus.yml").read_text())
    (source,) = sources["datasources"]
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
