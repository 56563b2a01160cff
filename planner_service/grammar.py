"""The planner's language as a grammar that holds while decoding, in the EBNF of xgrammar (vLLM's default backend).

It knows a `Language` and nothing of vLLM. xgrammar was chosen over llguidance because its masks are computed once per
grammar rule and shared between grammars: with 150,000 tokens the first grammar of eight slots compiles in about 0.4 s, others
in 10 ms, and a token then costs microseconds; llguidance walks the whole vocabulary for every token of free text.
"""

from __future__ import annotations

from functools import lru_cache

from planner_service.language import MOST_REFERENCES, TAG, Language


@lru_cache(maxsize=256)
def grammar_of(language: Language) -> str:
    """Write the grammar of one language; vLLM and xgrammar cache what they compile by this very text."""
    return "\n".join(
        [*_prose_rules(), *_size_rule(language), *_slot_rules(language), *_answer_rules(language)]
    )


def _prose_rules() -> list[str]:
    r"""Text in which no tag opens or closes.

    Prose is cut at each `<`. What follows one (an "aside", itself without `<`) may begin like the tag's name but must leave it:
    `near{n}` is where `n` letters of the name have been read. So the rules are regular and need no look-ahead. A description's
    first character is no blank (code points up to the space), so it says something.
    """
    near = [
        f'near{n} ::= "" | [^<{letter}] [^<]*' + (f' | "{letter}" near{n + 1}' if n + 1 < len(TAG) else "")
        for n, letter in enumerate(TAG)
    ]
    return [
        'prose ::= [^<]* ("<" aside)*',
        r'description ::= [^<\x00-\x20] [^<]* ("<" aside)*',
        f'aside ::= "" | [^<{TAG[0]}/] [^<]* | "{TAG[0]}" near1 | "/" near0',
        *near,
    ]


def _size_rule(language: Language) -> list[str]:
    choices = " | ".join(f'" size=\\"{size}\\""' for size in language.sizes)
    return [f"size ::= {choices}"] if choices else []


def _slot_rules(language: Language) -> list[str]:
    """A slot names the pictures of the slot before it and that slot's own, so each rule of ids adds one to the last."""
    rules: list[str] = []
    ids = [f'"{name}"' for name in language.known]
    size = " size?" if language.sizes else ""
    for slot in range(language.most):
        references = ""
        if ids:
            rules.append(f"id{slot} ::= {' | '.join(ids)}")
            references = f' (" refs=\\"" id{slot} ("," id{slot}){{0,{MOST_REFERENCES - 1}}} "\\"")?'
        rules.append(f'slot{slot} ::= "<{TAG}"{references}{size} ">" description "</{TAG}>"')
        ids = [*([f"id{slot}"] if ids else []), f'"{language.drawn(slot)}"']
    return rules


def _answer_rules(language: Language) -> list[str]:
    """`rest{n}` is what may follow the first `n` slots."""
    prose = "prose " if language.has_text else '"" '
    rules = ["root ::= rest0"]
    for slot in range(language.most):
        more = f"slot{slot} rest{slot + 1}"
        rules.append(f"rest{slot} ::= {prose}" + (more if slot < language.least else f"({more})?"))
    rules.append(f"rest{language.most} ::= {prose}".rstrip())
    return rules
