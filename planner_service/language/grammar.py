r"""The planner's language as a grammar that holds while decoding, in the EBNF of xgrammar (vLLM's default backend).

It knows a `Language` and nothing of vLLM. xgrammar was chosen over llguidance because its masks are computed once per
grammar rule and shared between grammars: with 150,000 tokens the first grammar of eight slots compiles in about 0.4 s, others
in 10 ms, and a token then costs microseconds; llguidance walks the whole vocabulary for every token of free text.

How long text may be, and that it ends with a sentence, is no part of it (`answer` sees to that): with 49,000 tokens, rules that count sentences
cost 30 ms for each token instead of 7 µs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from planner_service.language.bounds import MOST_REFERENCES, TAG, Language

Begins = Literal["text", "slot", "sentence"]
"""What is written first: text or whatever the language allows, a slot at once, or text alone."""

LEAST_WORDS = 16
"""Characters of text that is owed."""

LEAST_DESCRIPTION = 40
"""Characters of a description: a short sentence."""

_SPARE = 8
"""As many more are to be written, for blanks at a description's end do not count. A rule without them would take ten times as long to mask."""

_BLANK = r"[\x00-\x20]"
_SOLID = r"[^<\x00-\x20]"


@lru_cache(maxsize=256)
def grammar_of(
    language: Language,
    begins: Begins = "text",
    *,
    primer: str = "",
    owes_text: tuple[bool, bool] = (False, False),
    has_preamble: bool = False,
) -> str:
    """Write the grammar of what is left to write; vLLM and xgrammar cache what they compile by this very text.

    Args:
        language: the bounds of what is left.
        begins: what comes first.
        primer: what the description of a slot that comes first begins with.
        owes_text: whether there must be words before the first slot, and after the last.
        has_preamble: whether a cast and a style may come before everything.
    """
    first, last = owes_text
    rules = [
        *_prose_rules(),
        *_size_rule(language),
        *_slot_rules(language, primer if begins == "slot" else ""),
    ]
    preamble = "preamble " if has_preamble else ""
    match begins:
        case "sentence":
            return "\n".join([*rules, "root ::= words"])
        case "slot":
            root = "root ::= slot0 rest1"
        case "text":
            root = f"root ::= {preamble}rest0"
    return "\n".join(
        [*rules, *(_preamble_rules() if has_preamble else ()), root, *_answer_rules(language, first, last)]
    )


def _prose_rules() -> list[str]:
    r"""Text in which no tag opens or closes.

    Prose is cut at each `<`. What follows one (an "aside", itself without `<`) may begin like the tag's name but must leave it:
    `near{n}` is where `n` letters of the name have been read. So the rules are regular and need no look-ahead. A description
    begins with no blank (code points up to the space), so it says something.
    """
    near = [
        f'near{n} ::= "" | [^<{letter}] [^<]*' + (f' | "{letter}" near{n + 1}' if n + 1 < len(TAG) else "")
        for n, letter in enumerate(TAG)
    ]
    return [
        'prose ::= [^<]* ("<" aside)*',
        f'words ::= {_BLANK}* {_SOLID} [^<]{{{LEAST_WORDS - 1},}} ("<" aside)*',
        f'description ::= {_SOLID} [^<]{{{LEAST_DESCRIPTION + _SPARE - 1},}} ("<" aside)*',
        f'aside ::= "" | [^<{TAG[0]}/] [^<]* | "{TAG[0]}" near1 | "/" near0',
        *near,
    ]


def _preamble_rules() -> list[str]:
    """At most eight figures and one line of style; see `cast`."""
    return [
        'figure ::= [A-Za-z] [A-Za-z0-9_-]{0,30} " = " [^<@\\n]{8,240} "\\n"',
        'preamble ::= ("<cast>\\n" figure{1,8} "</cast>\\n")? ("<style>" [^<@\\n]{4,160} "</style>\\n")?',
    ]


def _size_rule(language: Language) -> list[str]:
    choices = " | ".join(f'" size=\\"{size}\\""' for size in language.sizes)
    return [f"size ::= {choices}"] if choices else []


def _slot_rules(language: Language, primer: str) -> list[str]:
    """A slot names the pictures of the slot before it and that slot's own, so each rule of ids adds one to the last."""
    rules: list[str] = []
    ids = [f'"{name}"' for name in language.known]
    size = " size?" if language.sizes else ""
    for slot in range(language.most):
        references = ""
        if ids:
            rules.append(f"id{slot} ::= {' | '.join(ids)}")
            references = f' (" refs=\\"" id{slot} ("," id{slot}){{0,{MOST_REFERENCES - 1}}} "\\"")?'
        opening = f'"<{TAG} id=\\"{language.drawn(slot)}\\""{references}{size} ">"'
        description = f"{_quoted(primer)} description" if primer and slot == 0 else "description"
        rules.append(f'slot{slot} ::= {opening} {description} "</{TAG}>"')
        ids = [*([f"id{slot}"] if ids else []), f'"{language.drawn(slot)}"']
    return rules


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _answer_rules(language: Language, first: bool, last: bool) -> list[str]:
    """`rest{n}` is what may follow the first `n` slots."""
    rules: list[str] = []
    for slot in range(language.most + 1):
        prose = ("words" if first and slot == 0 else "prose") if language.has_text else '""'
        end = ("words" if last and (slot or not language.most) else prose) if language.has_text else '""'
        more = f"{prose} slot{slot} rest{slot + 1}" if slot < language.most else ""
        if slot == language.most and language.ends_at_more:
            end += f' "<{TAG}>"?'
        may_end = slot >= language.least
        rules.append(
            f"rest{slot} ::= " + " | ".join([*([end] if may_end else []), *([more] if more else [])])
        )
    return rules
