"""The grammar, judged by xgrammar's own matcher: what it admits, and that whatever it admits is read without repair."""

from __future__ import annotations

import random

import numpy as np
import pytest
import xgrammar
from xgrammar.testing import _is_grammar_accept_string

from planner_service.check import PlanReader
from planner_service.grammar import grammar_of
from planner_service.language import Language
from planner_service.segmenter import Segment, Segmenter
from planner_service.wire import Slot

FREE = Language(least=0, most=2, known=("in1", "img3"), drawn_before=3, sizes=("128x128", "192x128"))
SLOT = "<imagine>a fox</imagine>"


def accepts(language: Language, text: str) -> bool:
    return _is_grammar_accept_string(grammar_of(language), text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Just text, <b>bold</b>, 1 < 2, <imag, </imagin, <i, <<, é漢🦊\n\tend",
        SLOT,
        f"Before {SLOT} between {SLOT} after",
        '<imagine refs="in1,img3" size="192x128">The same fox, x < y.</imagine>',
        f'{SLOT}<imagine refs="img4">It again.</imagine>',
        f"<{SLOT}",
        f"<imagin{SLOT}",
    ],
)
def test_a_plan_of_the_language_is_admitted(text: str):
    assert accepts(FREE, text)


@pytest.mark.parametrize(
    "text",
    [
        "<imagine",
        "<imagine>a fox",
        "<imagine></imagine>",
        "<imagine> \n</imagine>",
        "a </imagine> b",
        "<imagines>a fox</imagine>",
        "<imagine>a <imagine>fox</imagine></imagine>",
        '<imagine refs="in2">a fox</imagine>',
        '<imagine refs="img4">itself</imagine>',
        '<imagine refs="in1,in1,in1,in1,in1">too many</imagine>',
        '<imagine size="64x64">a fox</imagine>',
        SLOT * 3,
    ],
)
def test_a_plan_outside_the_language_is_not_admitted(text: str):
    assert not accepts(FREE, text)


def test_text_mode_admits_no_slot():
    text_only = Language(least=0, most=0)
    assert accepts(text_only, "words")
    assert not accepts(text_only, SLOT)


def test_image_mode_admits_exactly_its_slots_and_no_text():
    one = Language(least=1, most=1, has_text=False)
    assert accepts(one, SLOT)
    assert not any(accepts(one, text) for text in ("", "words", f"words {SLOT}", f"{SLOT} ", SLOT * 2))


@pytest.mark.parametrize(("slots", "admitted"), [(1, False), (2, True), (3, True), (4, False)])
def test_least_and_most_bound_the_slots(slots: int, admitted: bool):
    assert accepts(Language(least=2, most=3), f"{SLOT} and " * slots) is admitted


def test_without_pictures_or_sizes_a_slot_has_no_attributes():
    bare = Language(least=0, most=1)
    assert accepts(bare, SLOT)
    assert not accepts(bare, '<imagine refs="in1">a fox</imagine>')
    assert not accepts(bare, '<imagine size="64x64">a fox</imagine>')


def test_the_widest_language_compiles():
    widest = Language(
        least=64,
        most=64,
        known=tuple(f"in{n}" for n in range(1, 65)),
        sizes=tuple(f"{16 * n}x{16 * n}" for n in range(1, 65)),
    )
    assert accepts(widest, f"{SLOT}\n" * 64)
    assert not accepts(widest, f"{SLOT}\n" * 63)


WORDS = (
    *("<imagine", "</imagine>", "<im", "agine", ' refs="', '">', ' size="', "128x128", "in1", "img", ">"),
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
def test_whatever_the_mask_lets_a_random_writer_write_is_read_without_repair(
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
    reader = PlanReader(language)
    read = [*reader.feed(text), *reader.finish(cut=not ended)]
    raw = Segmenter()
    assert read == [once(event) for event in (*raw.feed(text), *raw.finish(cut=not ended))]
    if ended:
        assert language.least <= sum(isinstance(event, Slot) for event in read) <= language.most


def once(event: Segment) -> Segment:
    """The event with each reference named once: a grammar cannot count."""
    if not isinstance(event, Slot):
        return event
    return event.model_copy(update={"references": tuple(dict.fromkeys(event.references))})


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
