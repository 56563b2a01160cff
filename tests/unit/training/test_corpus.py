"""Every document of the corpus is written in the planner's language, does what its request wishes, and keeps the held-out part out."""

import re
from dataclasses import asdict
from itertools import chain, islice

import pytest

from training import world
from training.planner.corpus.author import Author, held_out_look, held_out_name
from training.planner.corpus.mixture import (
    GENERATION,
    MIXTURE,
    UNDERSTANDING,
    Genre,
    document,
    documents,
    within,
)
from training.planner.corpus.sequels import GO_ON, sequel
from training.planner.document import MOST_PICTURES, Document
from training.planner.held_out import (
    bounded_requests,
    counted_requests,
    going_on_requests,
    mixed_requests,
    strange_requests,
)
from training.planner.judge import judge
from training.planner.language import parse, slots, told

TRAINED = list(islice(documents(5), 900))
COUNTED = counted_requests()
BOUNDED = bounded_requests()
SETS = (COUNTED, mixed_requests(), BOUNDED, going_on_requests(), strange_requests())
HELD_OUT = [document(Author(seed, held_out=True)) for seed in range(150)]
GENRES = pytest.mark.parametrize("genre", MIXTURE, ids=lambda genre: genre.__name__)


def shares(one: Document) -> set[float]:
    rows = asdict(judge(one, one.answer))
    return {share for row, share in rows.items() if share is not None and row != "edit_exact"}


@GENRES
def test_answers_of_every_genre_do_what_their_requests_wish(genre: Genre) -> None:
    for seed in range(15):
        for held_out in (False, True):
            author = Author(seed, held_out=held_out)
            one = within(author, genre(author))
            assert shares(one) == {1.0}, one
            assert one.bounds.least <= len(slots(one.answer)) <= one.bounds.most, one


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
        for turn in one.turns:
            known |= {f"in{number}" for number in range(1, 4) if f"[image in{number}" in turn.text}
            for slot in slots(turn.text) if turn.role == "assistant" else []:
                assert known.issuperset(slot.references), one
                known.add(slot.id)


def test_ids_count_on_through_the_whole_conversation() -> None:
    for one in TRAINED + HELD_OUT:
        drawn = [slot.id for turn in one.turns if turn.role == "assistant" for slot in slots(turn.text)]
        first = int(drawn[0].removeprefix("img")) if drawn else 1
        assert drawn == [f"img{first + index}" for index in range(len(drawn))]


def test_the_line_of_the_bounds_ends_the_last_request_and_no_other() -> None:
    for one in TRAINED:
        *before, request, _ = one.told
        assert re.search(r"\n\[\d( to \d)? pictures?[^\]\n]*\]$", request.text), request
        assert not any(re.search(r"\[\d( to \d)? pictures?", turn.text) for turn in before)
        first = next((slot.id for slot in slots(one.answer)), None)
        assert first is None or f"from {first}" in request.text


def test_the_line_tells_every_count_and_the_words_at_times_another() -> None:
    exact = [one for one in TRAINED if one.bounds.least == one.bounds.most]
    assert {one.bounds.most for one in exact} == set(range(MOST_PICTURES + 1))
    asked = [re.search(r"\b([2-8]) pictures", one.turns[-2].text) for one in TRAINED]
    said = [(one, int(found[1])) for one, found in zip(TRAINED, asked, strict=True) if found]
    assert any(count != len(slots(one.answer)) for one, count in said)
    assert all(count == len(slots(one.answer)) for one, count in said if one.bounds.is_free)


def test_earlier_pictures_are_at_times_told_with_their_size_as_the_service_tells_them() -> None:
    served = [one for one in TRAINED if any('size="128x128"' in turn.text for turn in one.turns[:-1])]
    assert len(served) > 50
    assert not any('size="128x128"' in one.answer for one in TRAINED)


def test_training_never_goes_on_in_a_held_out_wording() -> None:
    kept = {wording.removesuffix("{}").lower() for wording in GO_ON.unseen}
    for seed in range(200):
        for turn in sequel(Author(seed)).turns[2::2]:
            assert not any(turn.text.lower().rstrip(".?!").endswith(wording) for wording in kept)


def test_evaluation_goes_on_in_many_wordings_and_counts_every_number() -> None:
    assert len(GO_ON.unseen) >= 12
    exact = [one for one in BOUNDED if one.bounds.least == one.bounds.most]
    assert {one.bounds.most for one in exact} == set(range(MOST_PICTURES + 1))
    assert any(one.bounds.least < one.bounds.most for one in BOUNDED)


def test_the_sets_own_answers_have_no_fault() -> None:
    for one in chain(*SETS):
        assert shares(one) == {1.0}, one


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
        before = {
            slot.id: slot for turn in one.turns[:-1] if turn.role == "assistant" for slot in slots(turn.text)
        }
        source = before[one.wish.shown_by[0]]
        old, new = told(source.description), told(slots(one.answer)[0].description)
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        assert changed == {attribute for attribute, _ in one.wish.told}, one
        assert changed <= {"garment", "colour"} or len(changed) == 1, one


def test_every_place_of_the_world_can_be_asked_for() -> None:
    assert {one.wish.place for one in TRAINED} - {None} == set(world.PLACES)
