from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.answers.cases.case import AXES
from bench.answers.cases.inputs import asked, names
from bench.answers.cases.loading import CATEGORIES, OURS, WORLD, load
from bench.answers.judging.checks import CHECKS

CASES = load(OURS)
LEAST = """
cases:
  - id: mine
    ask: Draw a boat.
    pictures: {pictures}
    rubric:
      adherence: ["Is it a boat?"]
      completeness: ["Is it there?"]
"""


def test_each_of_fourteen_categories_has_twelve_cases_and_there_are_forty_tricks() -> None:
    assert Counter(case.category for case in CASES) == dict.fromkeys(CATEGORIES, 12) | {"tricks": 40}
    assert len(CATEGORIES) == 14


def test_ten_languages_and_more_are_asked_in() -> None:
    assert {"en", "de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ar", "hi"} <= {
        case.language for case in CASES
    }


def test_every_category_has_several_turns_images_and_languages_among_its_cases() -> None:
    for name in CATEGORIES:
        of = [case for case in CASES if case.category == name]
        assert any(len(case.turns) > 1 for case in of), name
        assert any(turn.images for case in of for turn in case.turns), name
        assert len({case.language for case in of}) >= 4, name


def test_one_to_eight_pictures_and_an_open_number_are_asked_for() -> None:
    fixed = {case.pictures.least for case in CASES if case.pictures.least == case.pictures.most}
    assert fixed == set(range(9))
    assert any(case.pictures.least < case.pictures.most for case in CASES)


def test_no_request_is_made_twice() -> None:
    said = Counter(tuple(turn.ask for turn in case.turns) for case in CASES)
    assert [turns for turns, times in said.items() if times > 1] == []


def test_every_image_can_be_drawn_and_every_drawing_is_used() -> None:
    used = {image.drawing for case in CASES for turn in case.turns for image in turn.images}
    assert used == set(names())
    for case in (*CASES, *load([WORLD])):
        for turn in case.turns:
            assert all(image.png.startswith(b"\x89PNG") and image.description for image in asked(turn).images)


def test_every_question_of_the_storybook_world_has_a_check_that_the_oracle_knows() -> None:
    world = load([WORLD])
    checks = {one.check for case in world for axis in AXES for one in case.rubric.get(axis, ())}
    assert checks <= CHECKS.keys()
    assert checks == CHECKS.keys(), "a check that no case uses"


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ships.yaml"
    file.write_text(LEAST.format(pictures=0), encoding="utf-8")
    (case,) = load([file])
    assert (case.id, case.category, case.turns[0].ask) == ("mine", "ships", "Draw a boat.")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (LEAST.format(pictures=1), "case mine asks nothing on coordination, content"),
        (LEAST.format(pictures=9), "less than or equal to 8"),
        ("cases: [{id: mine}]", "pictures"),
        ("a: [", "holds no cases"),
        ("- 1", "holds no cases"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"(?s)wrong\.yaml.*{complaint}|{complaint}"):
        load([file])


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text(LEAST.format(pictures=0), encoding="utf-8")
    with pytest.raises(ValueError, match="two cases are called mine"):
        load([file, file])
