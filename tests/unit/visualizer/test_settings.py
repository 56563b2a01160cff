import pytest
from pydantic import ValidationError

from visualizer_service.main import build
from visualizer_service.settings import Settings


def test_the_environment_sets_everything_the_simulation_included(monkeypatch):
    monkeypatch.setenv("VISUALIZER_MODEL", "simulated")
    monkeypatch.setenv("VISUALIZER_SIMULATION__STEPS", "7")
    settings = Settings()
    assert build(settings).limits.default_steps == 7


@pytest.mark.parametrize(
    ("name", "value"), [("POOL", "a{b}"), ("RENEW_S", "14"), ("DEVICE", "tpu"), ("MOST_ATTEMPTS", "0")]
)
def test_a_value_that_cannot_work_stops_the_start(monkeypatch, name, value):
    monkeypatch.setenv(f"VISUALIZER_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
