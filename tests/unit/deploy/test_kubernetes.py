"""The manifests: valid for an old and a new Kubernetes, and saying what they are meant to say."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

KUBERNETES = Path(__file__).parents[3] / "deploy" / "kubernetes"
VERSIONS = ("1.31", "1.37")
OVERLAYS = ("one-pool", "gpu", "two-pools")
OF_OTHERS = {"Kustomization", "Component", "ScaledObject"}
"""Kinds that Kubernetes itself does not know."""
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl puts overlays together")

Manifest = dict[str, Any]


def written() -> list[tuple[str, Manifest]]:
    files = [file for file in KUBERNETES.rglob("*.yaml") if file.name != "names.yaml"]
    return [
        (f"{file.relative_to(KUBERNETES)}-{number}", manifest)
        for file in sorted(files)
        for number, manifest in enumerate(yaml.safe_load_all(file.read_text()))
    ]


@cache
def rendered(overlay: str) -> list[Manifest]:
    outcome = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / "overlays" / overlay)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    return list(yaml.safe_load_all(outcome.stdout))


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def containers(manifests: list[Manifest]) -> list[tuple[Manifest, Manifest]]:
    """Each deployment's pod and its one container."""
    pods = [one["spec"]["template"]["spec"] for one in manifests if one["kind"] == "Deployment"]
    return [(pod, container) for pod in pods for container in pod["containers"]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "manifest"), written(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_manifest_fits_the_schemas(name: str, manifest: Manifest, version: str) -> None:
    if manifest["kind"] not in OF_OTHERS:
        kubernetes_validate.validate(manifest, version, strict=True)


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_each_overlay_fits_them_when_it_is_put_together(overlay: str, version: str) -> None:
    for manifest in rendered(overlay):
        if manifest["kind"] not in OF_OTHERS:
            kubernetes_validate.validate(manifest, version, strict=True)


def all_written() -> list[Manifest]:
    return [manifest for _, manifest in written()]


def test_containers_run_without_root_and_without_rights_on_a_read_only_system() -> None:
    for pod, container in containers(all_written()):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_every_service_is_probed_and_has_longer_to_leave_than_its_grace_time() -> None:
    base = next(one for one in all_written() if "configMapGenerator" in one and "resources" in one)
    told = dict(line.split("=", 1) for line in base["configMapGenerator"][0]["literals"])
    longest_s = max(
        int(told[name]) for name in ("GATEWAY_SHUTDOWN_S", "PLANNER_GRACE_S", "VISUALIZER_DRAIN_GRACE_S")
    )
    for pod, container in containers(all_written()):
        assert pod["terminationGracePeriodSeconds"] > longest_s + 10
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_each_deployment_has_a_disruption_budget() -> None:
    budgets = of_kind(all_written(), "PodDisruptionBudget")
    assert budgets.keys() == of_kind(all_written(), "Deployment").keys()


def test_only_the_gateway_takes_connections_from_anybody() -> None:
    policies = of_kind(all_written(), "NetworkPolicy")
    open_to_all = [
        name
        for name, policy in policies.items()
        if any("from" not in rule for rule in policy["spec"].get("ingress", ()))
    ]
    assert open_to_all == ["gateway"]
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}


def test_secrets_are_named_and_never_written() -> None:
    assert of_kind(all_written(), "Secret") == {}
    for file in KUBERNETES.rglob("*.yaml"):
        assert not re.search(r"redis://|Bearer |sk-", file.read_text()), file


def test_pools_scale_on_metrics_that_the_gateway_tells() -> None:
    from gateway.http.pool_metrics import pool_families

    told = {family.name for family in pool_families("p", [], {}, 1.0)}
    scaled = of_kind(all_written(), "ScaledObject")["visualizer"]["spec"]
    asked = [
        name
        for trigger in scaled["triggers"]
        for name in re.findall(r"visualizer_\w+", trigger["metadata"]["query"])
    ]
    assert set(asked) <= told
    assert "visualizer_backlog_seconds" in asked


def test_without_metrics_no_busy_visualizer_is_taken_away() -> None:
    """KEDA's plain fallback would set the number of replicas, also where there are more."""
    fallback = of_kind(all_written(), "ScaledObject")["visualizer"]["spec"]["fallback"]
    assert fallback["behavior"] == "currentReplicasIfHigher"


@needs_kubectl
def test_two_pools_scale_apart_and_name_themselves_alike_everywhere() -> None:
    manifests = rendered("two-pools")
    deployments = of_kind(manifests, "Deployment")
    for pool, scaled in of_kind(manifests, "ScaledObject").items():
        name = pool.removeprefix("visualizer-")
        assert scaled["spec"]["scaleTargetRef"]["name"] == pool
        assert all(f'pool="{name}"' in trigger["metadata"]["query"] for trigger in scaled["spec"]["triggers"])
        assert not any("default" in trigger["metadata"]["query"] for trigger in scaled["spec"]["triggers"])
        env = deployments[pool]["spec"]["template"]["spec"]["containers"][0]["env"]
        assert {"name": "VISUALIZER_POOL", "value": name} in env


def test_the_gateway_in_front_of_two_pools_serves_a_model_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.settings import Settings

    overlay = yaml.safe_load((KUBERNETES / "overlays" / "two-pools" / "kustomization.yaml").read_text())
    told = dict(line.split("=", 1) for line in overlay["configMapGenerator"][0]["literals"])
    monkeypatch.setenv("GATEWAY_MODELS", told["GATEWAY_MODELS"])
    pools = [served.pool for served in Settings().served.values()]
    assert pools == [name for name in overlay["resources"] if not name.startswith("..")]


@needs_kubectl
def test_with_gpus_each_planner_and_visualizer_has_one() -> None:
    for _, container in containers(rendered("gpu")):
        has_one = container["resources"].get("limits", {}).get("nvidia.com/gpu") == "1"
        assert has_one is (container["name"] in ("planner", "visualizer"))
