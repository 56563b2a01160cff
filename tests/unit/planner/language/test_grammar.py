"""The grammar, judged by xgrammar's own matcher: what it admits, and that whatever it admits is read without repair."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import xgrammar
from xgrammar.testing import _is_grammar_accept_string

from planner_service.language.bounds import Language
from planner_service.language.check import repaired
from planner_service.language.grammar import LEAST_DESCRIPTION, LEAST_WORDS, grammar_of
from planner_service.language.segmenter import Segmenter
from planner_service.wire import Slot, TextDelta

FREE = Language(least=0, most=2, known=("in1", "img3"), drawn_before=3, sizes=("128x128", "192x128"))
FOX = "a small red fox in a blue scarf on the beach at dusk"


def slot(number: int, attributes: str = "", description: str = FOX) -> str:
    return f'<imagine id="img{number}"{attributes}>{description}</imagine>'


def accepts(language: Language, text: str) -> bool:
    return _is_grammar_accept_string(grammar_of(language), text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Just text, <b>bold</b>, 1 < 2, <imag, </imagin, <i, <<, é漢🦊\n\tend",
        slot(4),
        f"Before {slot(4)} between {slot(5)} after",
        slot(4, ' refs="in1,img3" size="192x128"', f"{FOX}, x < y."),
        slot(4) + slot(5, ' refs="img4"'),
        f"<{slot(4)}",
        f"<imagin{slot(4)}",
    ],
)
def test_a_plan_of_the_language_is_admitted(text: str):
    assert accepts(FREE, text)


@pytest.mark.parametrize(
    "text",
    [
        "<imagine",
        '<imagine id="img4">a fox',
        slot(4, description=""),
        slot(4, description=" \n"),
        slot(4, description="a fox"),
        slot(4, description=f"{FOX[:39].strip()}   \n"),
        f"<imagine>{FOX}</imagine>",
        slot(5),
        "a </imagine> b",
        f"<imagines>{FOX}</imagine>",
        slot(4, description=f"{FOX} {slot(5)}"),
        slot(4, ' refs="in2"'),
        slot(4, ' refs="img4"'),
        slot(4, ' refs="in1,in1,in1,in1,in1"'),
        slot(4, ' size="64x64"'),
        slot(4) + slot(5) + slot(6),
    ],
)
def test_a_plan_outside_the_language_is_not_admitted(text: str):
    assert not accepts(FREE, text)


def test_text_mode_admits_no_slot():
    text_only = Language(least=0, most=0)
    assert accepts(text_only, "words")
    assert not accepts(text_only, slot(1))


def test_image_mode_admits_exactly_its_slots_and_no_text():
    one = Language(least=1, most=1, has_text=False)
    assert accepts(one, slot(1))
    refused = ("", "words", f"words {slot(1)}", f"{slot(1)} ", slot(1) + slot(2))
    assert not any(accepts(one, text) for text in refused)


@pytest.mark.parametrize(("slots", "admitted"), [(1, False), (2, True), (3, True), (4, False)])
def test_least_and_most_bound_the_slots(slots: int, admitted: bool):
    text = "".join(f"{slot(n + 1)} and " for n in range(slots))
    assert accepts(Language(least=2, most=3), text) is admitted


def test_without_pictures_or_sizes_a_slot_has_its_id_alone():
    bare = Language(least=0, most=1)
    assert accepts(bare, slot(1))
    assert not accepts(bare, slot(1, ' refs="in1"'))
    assert not accepts(bare, slot(1, ' size="64x64"'))


def test_text_that_is_owed_comes_before_the_first_slot_and_after_the_last():
    two = grammar_of(Language(least=1, most=2), owes_text=(True, True))
    before, after = "Once there was a fox. ", "\nAnd that is the end."
    assert len(before) > LEAST_WORDS
    admitted = [before + slot(1) + after, before + slot(1) + slot(2) + after]
    refused = [slot(1) + after, before + slot(1), before + slot(1) + slot(2), f" \n{slot(1)}{after}"]
    assert all(_is_grammar_accept_string(two, text) for text in admitted)
    assert not any(_is_grammar_accept_string(two, text) for text in refused)


def test_a_planner_may_end_by_opening_one_slot_more_where_that_is_its_end():
    ends = replace(FREE, ends_at_more=True)
    full = f"Once. {slot(4)} Then. {slot(5)} At last."
    assert all(accepts(ends, text) for text in (full, f"{full}<imagine>"))
    refused = (f"{full}<imagine>And", f"{full}{slot(6)}", f"Once. {slot(4)} Then.<imagine>")
    assert not any(accepts(ends, text) for text in refused)
    assert accepts(ends.after(2), "At last.<imagine>")
    assert not accepts(FREE, f"{full}<imagine>")


def test_a_stretch_that_begins_with_a_slot_or_a_sentence_begins_so():
    opened = grammar_of(FREE, "slot", primer='A "fox"')
    assert _is_grammar_accept_string(opened, slot(4, description=f'A "fox", {FOX}') + " The end.")
    assert not _is_grammar_accept_string(opened, "Text first. " + slot(4, description=f'A "fox", {FOX}'))
    assert not _is_grammar_accept_string(opened, slot(4))
    sentence = grammar_of(FREE, "sentence")
    assert _is_grammar_accept_string(sentence, "walked on and on.")
    assert not _is_grammar_accept_string(sentence, f"walked on and on. {slot(4)}")


def test_a_cast_and_a_style_may_come_first_where_they_are_wanted():
    cast = "<cast>\nMia = a girl in a yellow coat\n</cast>\n<style>soft watercolour</style>\n"
    wanted = grammar_of(FREE, has_preamble=True)
    assert _is_grammar_accept_string(wanted, f"{cast}Once. {slot(4)}")
    assert _is_grammar_accept_string(wanted, f"Once. {slot(4)}")
    assert not _is_grammar_accept_string(wanted, f"Once. {slot(4)}{slot(5)}{slot(6)}{cast}")


def test_the_widest_language_compiles():
    widest = Language(
        least=64,
        most=64,
        known=tuple(f"in{n}" for n in range(1, 65)),
        sizes=tuple(f"{16 * n}x{16 * n}" for n in range(1, 65)),
    )
    slots = [f"{slot(n + 1)}\n" for n in range(64)]
    assert accepts(widest, "".join(slots))
    assert not accepts(widest, "".join(slots[:63]))


WORDS = (
    *(
        "<imagine",
        "</imagine>",
        "<im",
        "agine",
        ' id="',
        ' refs="',
        '">',
        ' size="',
        "128x128",
        "in1",
        "img",
        ">",
    ),
    *("fox ", "the sea", "\n\n", '","', "</", "</i", "漢字", "<|im_start|>"),
)
TOKENS = [*(bytes([value]) for value in range(256)), *(word.encode() for word in WORDS)]
END = len(TOKENS)


@pytest.fixture(scope="module")
def compiler() -> xgrammar.GrammarCompiler:
    vocabulary = [*TOKENS, b"<|im_end|>"]
    info = xgrammar.TokenizerInfo(vocabulary, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[END])
    return xgrammar.GrammarCompiler(info, max_threads=1)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_the_mask_lets_a_random_writer_write_needs_no_repair(
    compiler: xgrammar.GrammarCompiler, seed: int
):
    rng = random.Random(seed)
    most = rng.randint(0, 3)
    language = Language(
        least=rng.randint(0, most),
        most=most,
        has_text=most == 0 or seed % 3 > 0,
        known=("in1",),
        sizes=("128x128",),
    )
    text, ended = write_at_random(compiler.compile_grammar(grammar_of(language)), rng, length=400)
    segmenter = Segmenter()
    read = [*segmenter.feed(text), *segmenter.finish(cut=not ended)]
    slots = [event for event in read if isinstance(event, Slot)]
    assert [repaired(event, language) for event in slots] == [once(event) for event in slots]
    assert all(len(event.description) >= LEAST_DESCRIPTION for event in slots[: -1 if not ended else None])
    if ended:
        assert language.least <= len(slots) <= language.most
    if not language.has_text:
        assert not any(isinstance(event, TextDelta) for event in read)


def once(slot: Slot) -> Slot:
    """The slot with each reference named once: a grammar cannot count."""
    return slot.model_copy(update={"references": tuple(dict.fromkeys(slot.references))})


def write_at_random(grammar: xgrammar.CompiledGrammar, rng: random.Random, length: int) -> tuple[str, bool]:
    """A text of up to `length` tokens, and whether it ended of itself. Tags are preferred, so that they occur."""
    matcher = xgrammar.GrammarMatcher(grammar)
    mask = xgrammar.allocate_token_bitmask(1, END + 1)
    written = b""
    for _ in range(length):
        matcher.fill_next_token_bitmask(mask)
        bits = np.unpackbits(mask.numpy().view(np.uint8), bitorder="little")
        allowed = np.flatnonzero(bits[: END + 1]).tolist()
        tags = [token for token in allowed if token >= 256]
        token = rng.choice(tags if tags and rng.random() < 0.5 else allowed)
        assert matcher.accept_token(token)
        if token == END:
            return written.decode(errors="replace"), True
        written += TOKENS[token]
    return written.decode(errors="replace"), False
