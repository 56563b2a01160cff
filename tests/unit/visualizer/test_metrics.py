import pytest
from prometheus_client import REGISTRY

from visualizer_service import metrics


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (None, "any"),
        (64 * 64, "128"),
        (128 * 128, "128"),
        (512 * 512, "512"),
        (512 * 768, "768"),
        (1024 * 1024, "1024"),
        (4096 * 4096, "larger"),
    ],
)
def test_sizes_are_told_roughly(pixels: int | None, told: str) -> None:
    assert metrics.size(pixels) == told


def test_a_phase_that_fails_is_measured_too() -> None:
    labels = {"phase": "fetch", "size": "any"}
    before = REGISTRY.get_sample_value("visualizer_phase_seconds_count", labels) or 0
    with pytest.raises(ValueError, match="broken"), metrics.timed("fetch"):
        raise ValueError("broken")
    assert REGISTRY.get_sample_value("visualizer_phase_seconds_count", labels) == before + 1
