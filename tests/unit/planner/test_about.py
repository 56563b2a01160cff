from pathlib import Path

import pytest

from planner_service.engines.about import about

STORYBOOK = Path(__file__).parents[3] / "models" / "storybook" / "planner"


def test_the_model_in_the_tree_says_its_world_and_its_language() -> None:
    told = about(str(STORYBOOK))
    assert told is not None
    assert "fox" in told.text
    assert "English only" in told.text
    assert told.ideas


@pytest.mark.parametrize("written", [None, "{", '{"text": 7}'])
def test_a_model_that_says_nothing_that_can_be_read_says_nothing(written: str | None, tmp_path: Path) -> None:
    if written is not None:
        (tmp_path / "about.json").write_text(written, encoding="utf-8")
    assert about(str(tmp_path)) is None


def test_a_model_of_a_hub_is_a_name_and_says_nothing() -> None:
    assert about("someone/a-model") is None
