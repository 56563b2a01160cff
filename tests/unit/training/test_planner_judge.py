"""How answers are judged: each row catches its own fault, and a sheet can be drawn of any answer."""

import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PIL import Image

from training.eval_planner import free_grammar
from training.planner.corpus.author import Author
from training.planner.corpus.edits import edit_of_earlier
from training.planner.corpus.sequels import sequel
from training.planner.corpus.stories import story
from training.planner.corpus.strangers import strange_edit
from training.planner.document import Bounds, Document
from training.planner.judge import WRONG, judge
from training.planner.language import parse, slots
from training.planner.sheets import write_sheet


def counted_story() -> Document:
    return next(
        one
        for seed in range(999)
        if (one := story(Author(seed, held_out=True))).wish.count == 4
        and one.wish.place
        and one.bounds.is_free
    )


STORY = counted_story()
EDIT = edit_of_earlier(Author(1))


def faults(document: Document, answer: str) -> set[str]:
    return {row for row, share in asdict(judge(document, answer)).items() if share is not None and share < 1}


def test_the_corpus_own_answers_have_no_fault() -> None:
    assert faults(STORY, STORY.answer) == faults(EDIT, EDIT.answer) == set()


def test_a_picture_too_few_is_a_fault_of_the_count() -> None:
    shorter = STORY.answer.replace(str(slots(STORY.answer)[1]), "")
    assert {"count_obedience", "count_told"} <= faults(STORY, shorter)


def test_another_garment_in_one_picture_is_a_fault_of_consistency() -> None:
    last = slots(STORY.answer)[-1]
    changed = re.sub(r"wearing (a \w+ \w+|\w+ boots)", "wearing a green scarf", last.description)
    answer = STORY.answer.replace(last.description, changed)
    assert {"character_consistency", "faithful"} <= faults(STORY, answer)


def test_other_counts_than_the_bounds_ask_for_are_a_fault() -> None:
    for bounds in (Bounds(3, 3), Bounds(5, 8), Bounds(0, 2), Bounds(4, 4, has_text=False)):
        assert "bounds_obedience" in faults(replace(STORY, bounds=bounds), STORY.answer)
    for bounds in (Bounds(4, 4), Bounds(0, 5), Bounds(2, 8)):
        assert not faults(replace(STORY, bounds=bounds), STORY.answer)


@pytest.mark.parametrize(
    "said", ["Gladly. Of course. Gladly.", "Here is a tale. Here is more.", "On and on. " * 30], ids=str
)
def test_babble_is_a_fault(said: str) -> None:
    assert faults(STORY, said + STORY.answer) == {"no_babble"}


def test_a_text_that_comes_again_is_babble() -> None:
    line = STORY.answer.splitlines()[1].split("<")[0]
    assert "no_babble" in faults(STORY, STORY.answer + "\n" + line)


def test_a_figure_that_no_picture_shows_is_a_fault() -> None:
    other = "owl" if STORY.wish.told[0][1] != "owl" else "cat"
    assert faults(STORY, f"{STORY.answer} A friendly {other} came by.") == {"one_figure"}


def test_going_on_needs_text_and_pictures() -> None:
    more = next(one for seed in range(99) if (one := sequel(Author(seed))).bounds.is_free)
    assert not faults(more, more.answer)
    assert "goes_on" in faults(more, "The next day came.")
    assert "goes_on" in faults(more, str(slots(more.answer)[0]))


def test_what_is_outside_the_world_is_said_in_words_first() -> None:
    strange = next(one for seed in range(99) if (one := strange_edit(Author(seed))).bounds.is_free)
    assert not faults(strange, strange.answer)
    assert "says_so" in faults(strange, str(slots(STORY.answer)[0]))


@pytest.mark.parametrize("named", ["", ' refs="img9"'], ids=["none", "one that does not exist"])
def test_wrong_references_cost_their_share(named: str) -> None:
    answer = STORY.answer.replace(' refs="img1"', named, 1)
    assert judge(STORY, answer).reference_choice == 0.75


def test_an_edit_of_the_wrong_picture_is_a_fault_of_reference() -> None:
    wrong = "img2" if EDIT.wish.shown_by == ("img1",) else "img1"
    assert faults(EDIT, EDIT.answer.replace(f'refs="{EDIT.wish.shown_by[0]}"', f'refs="{wrong}"')) == {
        "reference_choice"
    }


def test_an_edit_that_changes_nothing_is_not_faithful() -> None:
    source = int(EDIT.wish.shown_by[0].removeprefix("img")) - 1
    unchanged = [slot for turn in EDIT.turns[:-1] if turn.role == "assistant" for slot in slots(turn.text)][
        source
    ]
    answer = EDIT.answer.replace(slots(EDIT.answer)[0].description, unchanged.description)
    assert faults(EDIT, answer) == {"faithful", "edit_exact"}


def test_an_edit_that_changes_more_than_was_asked_is_not_exact() -> None:
    description = slots(EDIT.answer)[0].description
    thing = next(thing for thing in ("ball", "kite", "lantern") if thing not in description)
    changed = re.sub(r"\b(ball|kite|lantern|boat|flower|umbrella)\b", thing, description)
    assert faults(EDIT, EDIT.answer.replace(description, changed)) == {"edit_exact"}


def test_text_where_pictures_were_asked_for_is_the_wrong_task() -> None:
    assert "task_choice" in faults(STORY, "Once upon a time.")


def test_a_broken_tag_is_wrong_in_every_row() -> None:
    assert judge(STORY, "Here: <imagine>A fox.") == WRONG
    assert set(asdict(WRONG).values()) == {0}


def test_an_answer_is_read_as_texts_and_slots_in_order() -> None:
    text, slot, end = parse('One.<imagine id="img3" refs="img1,in2" size="96x160">A fox.</imagine> Two.')
    assert (text, end) == ("One.", " Two.")
    assert str(slot) == '<imagine id="img3" refs="img1,in2" size="96x160">A fox.</imagine>'


def test_the_language_of_an_edit_knows_the_pictures_before_it() -> None:
    language = EDIT.language
    before = sum(len(slots(turn.text)) for turn in EDIT.turns[:-1])
    assert language.known == tuple(f"img{number}" for number in range(1, before + 1))
    assert (language.least, language.most, language.drawn(0)) == (0, 8, f"img{before + 1}")


def test_the_grammar_of_the_evaluation_enforces_ids_and_no_bounds() -> None:
    bounded = replace(EDIT, bounds=Bounds(2, 2, has_text=False))
    grammar = free_grammar(bounded.language)
    assert grammar == free_grammar(EDIT.language)
    assert f'slot0 ::= "<imagine id=\\"{EDIT.language.drawn(0)}\\""' in grammar


def test_a_sheet_shows_the_worst_first_and_survives_strange_answers(tmp_path: Path) -> None:
    rows = [
        (STORY, STORY.answer, 1.0),
        (EDIT, '<imagine id="img1">Nothing of this world.</imagine>', 0.0),
        (EDIT, "<imagine", 0.5),
    ]
    write_sheet(tmp_path / "sheet.png", "row", rows)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > sheet.height
    texts = (tmp_path / "sheet.md").read_text(encoding="utf-8")
    assert texts.index("## 0.00") < texts.index("## 0.50") < texts.index("## 1.00")
