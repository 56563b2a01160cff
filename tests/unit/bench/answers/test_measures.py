from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from bench.answers.answer import Answer, Picture, Text
from bench.answers.cases.loading import WORLD, load
from bench.answers.measures import Measures, averages, measure
from bench.answers.pixels import is_collage, is_copy
from bench.answers.systems.system import System
from tests.unit.bench.answers.tales import png
from training.world import PLACES, Scene

CASE = next(case for case in load([WORLD]) if case.id == "world-story-3")
SYSTEM = System(name="s", url="http://nowhere", model="m", picture_price=0.02, hour_price=3.6)
RNG = random.Random(5)
SCENES = [Scene.sample(RNG) for _ in range(6)]


def measured(*parts: Text | Picture) -> Measures:
    return measure(CASE, Answer(parts, "completed", whole_s=4.0), SYSTEM)


def drawn(scene: Scene, **more: object) -> Picture:
    return Picture(png(scene), **more)  # pyright: ignore[reportArgumentType]


def joined(*pictures: bytes, upright: bool) -> bytes:
    """Pictures side by side, or one below the other."""
    images = [Image.open(io.BytesIO(one)) for one in pictures]
    side = 128
    whole = Image.new("RGB", (side * len(images), side) if upright else (side, side * len(images)))
    for place, image in enumerate(images):
        whole.paste(image, (place * side, 0) if upright else (0, place * side))
    out = io.BytesIO()
    whole.save(out, "PNG")
    return out.getvalue()


def test_the_count_is_obeyed_or_not() -> None:
    assert measured(drawn(SCENES[0]), drawn(SCENES[1])).count == 1
    assert measured(drawn(SCENES[0])).count == 0


def test_a_picture_without_text_before_it_breaks_the_order() -> None:
    assert measured(Text("a"), drawn(SCENES[0]), Text(" \n"), drawn(SCENES[1])).order == 0.5


def test_a_picture_alone_needs_no_text() -> None:
    assert measured(drawn(SCENES[0])).order is None


def test_a_picture_that_repeats_another_is_a_copy_and_another_scene_is_none() -> None:
    same = Picture(reencoded(png(SCENES[0])))
    assert measured(drawn(SCENES[0]), same, drawn(SCENES[1])).copies == pytest.approx(1 / 3)


def test_no_two_scenes_of_the_world_are_copies() -> None:
    pictures = [png(Scene.sample(random.Random(seed))) for seed in range(24)]
    assert not any(is_copy(one, other) for n, one in enumerate(pictures) for other in pictures[:n])


def test_pictures_side_by_side_are_a_collage_and_so_are_three_in_a_column() -> None:
    pictures = [png(scene) for scene in SCENES]
    assert is_collage(joined(*pictures[:2], upright=True))
    assert is_collage(joined(*pictures[:3], upright=False))


@pytest.mark.parametrize("place", PLACES)
def test_a_single_scene_is_no_collage(place: str) -> None:
    scenes = [Scene.sample(random.Random(f"{place}{seed}")) for seed in range(8)]
    assert not any(is_collage(png(scene)) for scene in scenes)


def test_bytes_that_are_no_picture_end_nothing() -> None:
    assert measured(Picture(b"GIF?"), Picture(b"?")).copies == 0.5


def test_a_text_that_says_what_the_description_says_repeats_it() -> None:
    picture = drawn(SCENES[0], description="A fox jumping over water.")
    assert measured(Text("A fox is jumping over water!"), picture).overlap == 1
    assert measured(Text("Then something happened."), picture).overlap == 0


def test_drawing_costs_by_picture_and_by_hour() -> None:
    found = measured(drawn(SCENES[0], drawing_s=10.0), drawn(SCENES[1], drawing_s=20.0))
    assert found.drawing_s == 30
    assert found.cost == pytest.approx(2 * 0.02 + 30 / 3600 * 3.6)


def test_a_reference_that_was_missing_is_told() -> None:
    found = measured(
        drawn(SCENES[0], drawing_s=1.0), drawn(SCENES[1], drawing_s=1.0, missing_references=("img1",))
    )
    assert found.references == 0.5


def test_what_applies_to_no_answer_has_no_average() -> None:
    means = averages([measured(Text("only words"))])
    assert "copies" not in means
    assert means["whole_s"] == 4


def reencoded(data: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, "JPEG", quality=80)
    return out.getvalue()
