"""How each family's model speaks of reference images."""

from pathlib import Path

import pytest

from visualizer_service.engine.serving import serving


@pytest.mark.parametrize("pipeline", ["Flux2KleinKVPipeline", "Flux2KleinPipeline", "Flux2Pipeline"])
def test_flux_cites_images_by_number(tmp_path: Path, pipeline: str):
    known = serving(tmp_path, pipeline)
    assert known is not None
    assert known.limits(16).cites == "Image {number}"


def test_storybook_was_trained_without_and_is_told_nothing():
    storybook = serving(Path("models/storybook/visualizer"), "Flux2KleinKVPipeline")
    assert storybook is not None
    assert storybook.limits(16).cites is None
