"""Our own figures; vLLM's stand beside them in the same registry."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 300)


class Metrics:
    """Plans by outcome (`stop`, `length`, `picture`, `closed` by the reader, `refused`, `unavailable`, or a `PlanFailed` code), times, slots."""

    def __init__(self, registry: CollectorRegistry = REGISTRY):
        self.registry = registry
        self.plans = Counter("planner_plans", "Plans, by how they ended.", ["outcome"], registry=registry)
        self.open = Gauge("planner_plans_open", "Plans being written.", registry=registry)
        self.slots = Counter("planner_slots", "Pictures asked for.", registry=registry)
        self.first_event = Histogram(
            "planner_first_event_seconds", "From request to first event.", buckets=SECONDS, registry=registry
        )
        self.duration = Histogram(
            "planner_plan_seconds", "From request to last event.", buckets=SECONDS, registry=registry
        )
