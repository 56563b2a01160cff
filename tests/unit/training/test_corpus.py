"""Every document of the corpus is written in the planner's language, does what its request wishes, and keeps the held-out part out."""

from itertools import islice

import pytest

from training import world
from training.planner.author import Author, held_out_look, held_out_name
from training.planner.corpus import GENERATION, MIXTURE, UNDERSTANDING, Genre, document, documents
from training.planner.document import Document
from training.planner.held_out import counted_requests, mixed_requests
from training.planner.judge import judge
from training.planner.language import parse, slots, told
from training.planner.wordings import MOST_PICTURES

TRAINED = list(islice(documents(5), 900))
COUNTED = counted_requests()
HELD_OUT = [document(Author(seed, held_out=True)) for seed in range(150)]
GENRES = pytest.mark.parametrize("genre", MIXTURE, ids=lambda genre: genre.__name__)


def shares(one: Document) -> set[float]:
    verdict = judge(one, one.answer)
    rows = (
        verdict.count_obedience,
        verdict.task_choice,
        verdict.character_consistency,
        verdict.reference_choice,
        verdict.faithful,
    )
    return {share for share in rows if share is not None}


@GENRES
def test_answers_of_every_genre_do_what_their_requests_wish(genre: Genre) -> None:
    for seed in range(15):
        for held_out in (False, True):
            one = genre(Author(seed, held_out=held_out))
            assert shares(one) == {1.0}, one


def test_every_assistant_turn_parses_and_no_user_turn_has_a_tag() -> None:
    for one in TRAINED + HELD_OUT:
        for turn in one.turns:
            if turn.role == "assistant":
                assert parse(turn.text)
            else:
                assert "<" not in turn.text


def test_references_name_images_that_exist_when_they_are_named() -> None:
    for one in TRAINED + HELD_OUT:
        known = set[str]()
        drawn = 0
        for turn in one.turns:
            known |= {f"in{number}" for number in range(1, 4) if f"[image in{number}" in turn.text}
            for slot in slots(turn.text) if turn.role == "assistant" else []:
                assert known.issuperset(slot.references), one
                drawn += 1
                known.add(f"img{drawn}")


def test_no_answer_draws_more_than_there_may_be() -> None:
    assert max(len(slots(one.answer)) for one in TRAINED) == MOST_PICTURES


def test_descriptions_tell_every_attribute_of_the_world() -> None:
    needed = {"animal", "pose", "position", "place", "sky", "thing"}
    for one in TRAINED:
        for slot in slots(one.answer):
            assert needed <= told(slot.description).keys(), slot


def test_a_size_is_written_only_where_the_request_asks_for_one() -> None:
    asks = ("wide", "landscape", "panorama", "horizontal", "tall", "portrait", "upright", "vertical")
    for one in TRAINED:
        if any(slot.size for slot in slots(one.answer)):
            assert any(word in one.turns[-2].text.lower() for word in asks), one


def test_training_never_shows_a_held_out_look() -> None:
    for one in TRAINED:
        for turn in one.turns:
            for slot in slots(turn.text) if turn.role == "assistant" else []:
                shown = told(slot.description)
                assert "garment" not in shown or not held_out_look(
                    shown["animal"], shown["garment"], shown["colour"]
                )


def test_training_never_uses_a_held_out_name() -> None:
    author = Author(3)
    assert not any(held_out_name(author.name()) for _ in range(300))


def test_evaluation_shows_only_looks_that_training_never_did() -> None:
    worn = [one for one in COUNTED if "garment" in dict(one.wish.told)]
    assert len(worn) > 100
    for one in worn:
        for slot in slots(one.answer):
            shown = told(slot.description)
            assert held_out_look(shown["animal"], shown["garment"], shown["colour"])


def test_no_request_of_the_evaluation_is_a_request_of_training() -> None:
    trained = {one.turns[-2].text.lower() for one in TRAINED if len(one.turns[-2].text) > 30}
    assert not any(one.turns[-2].text.lower() in trained for one in COUNTED)


def test_evaluation_sets_are_fixed_and_balanced() -> None:
    assert counted_requests() == COUNTED
    assert {one.wish.count for one in COUNTED} == {1, 2, 3, 4, 5, 6}
    tasks = [one.wish.task for one in mixed_requests()]
    assert {task: tasks.count(task) for task in tasks} == dict.fromkeys(
        ("text", "picture", "edit", "interleaved"), 50
    )


def test_generation_to_understanding_is_about_as_in_the_paper() -> None:
    assert sum(GENERATION.values()) / sum(UNDERSTANDING.values()) == pytest.approx(5, rel=0.2)


def test_two_authors_of_one_seed_write_the_same() -> None:
    assert list(islice(documents(9), 20)) == list(islice(documents(9), 20))


def test_edits_leave_everything_else_word_for_word() -> None:
    edits = [one for one in TRAINED if one.wish.task == "edit" and one.wish.scene and len(one.turns) > 2]
    for one in edits:
        source = int(one.wish.shown_by[0].removeprefix("img"))
        before = [slot for turn in one.turns[:-1] if turn.role == "assistant" for slot in slots(turn.text)]
        old, new = told(before[source - 1].description), told(slots(one.answer)[0].description)
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        assert changed == {attribute for attribute, _ in one.wish.told}, one
        assert changed <= {"garment", "colour"} or len(changed) == 1, one


def test_every_place_of_the_world_can_be_asked_for() -> None:
    assert {one.wish.place for one in TRAINED} - {None} == set(world.PLACES)
