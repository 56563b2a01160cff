"""Evaluate the planner on its held-out sets, through vLLM, prompted as the planner service prompts it.

The grammar is that of a free answer, with no more than the cap of eight pictures enforced: what the bounds ask for, the planner must want.

python -m training.eval_planner
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final

from planner_service.language.bounds import Language
from planner_service.language.grammar import grammar_of
from training.planner.document import MOST_PICTURES, Document
from training.planner.held_out import (
    bounded_requests,
    counted_requests,
    going_on_requests,
    mixed_requests,
    strange_requests,
)
from training.planner.judge import Verdict, judge
from training.planner.sheets import write_sheet

WEIGHTS: Final = Path("models/storybook/planner")
OUT: Final = Path("out/storybook-eval")
MOST_NEW_TOKENS: Final = 900
CONTEXT: Final = 2048
SEED: Final = 1

SETS: Final = {
    "counted": counted_requests,
    "mixed": mixed_requests,
    "bounded": bounded_requests,
    "going on": going_on_requests,
    "strange": strange_requests,
}
FREE_SETS: Final = ("counted", "mixed")
# The sets that each row is measured on; the other rows take every answer to which they apply.
SETS_OF_ROW: Final = {
    "count_obedience": ("counted",),
    "task_choice": ("mixed",),
    "character_consistency": FREE_SETS,
    "reference_choice": FREE_SETS,
    "faithful": FREE_SETS,
    "edit_exact": FREE_SETS,
    "goes_on": ("going on",),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A request, what the planner answered, and how that compares."""

    document: Document
    answer: str
    verdict: Verdict


def evaluate_planner(out_dir: Path, weights: Path = WEIGHTS) -> dict[str, float]:
    """Answer all sets, write a sheet for each row, and return `planner.*`, shares from 0 to 1."""
    sets = {name: requests() for name, requests in SETS.items()}
    answers = iter(write_answers([one for documents in sets.values() for one in documents], weights))
    judged = {
        name: [Judged(one, answer := next(answers), judge(one, answer)) for one in documents]
        for name, documents in sets.items()
    }
    return {f"planner.{row.name}": _measure(row.name, judged, out_dir) for row in fields(Verdict)}


def _measure(row: str, judged: dict[str, list[Judged]], out_dir: Path) -> float:
    scored = [
        (share, one)
        for name in SETS_OF_ROW.get(row, tuple(judged))
        for one in judged[name]
        if (share := asdict(one.verdict)[row]) is not None
    ]
    write_sheet(
        out_dir / f"planner.{row}.png", row, [(one.document, one.answer, share) for share, one in scored]
    )
    return sum(share for share, _ in scored) / len(scored)


def write_answers(documents: list[Document], weights: Path) -> list[str]:
    """The planner's answers, in order, with its own sampling defaults."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    # Imported here: vLLM reads the environment when it is imported.
    from vllm import LLM
    from vllm.sampling_params import StructuredOutputsParams

    # One seed for all: vLLM 0.32 on the CPU breaks down when a request with its own seed is prefilled in parts.
    llm = LLM(str(weights), dtype="float32", enforce_eager=True, max_model_len=CONTEXT, seed=SEED)
    parameters = []
    for document in documents:
        sampling = llm.get_default_sampling_params()
        sampling.max_tokens = MOST_NEW_TOKENS
        sampling.structured_outputs = StructuredOutputsParams(grammar=free_grammar(document.language))
        parameters.append(sampling)
    outputs = llm.chat([document.prompt for document in documents], parameters, use_tqdm=True)  # pyright: ignore[reportArgumentType]  # plain dicts are messages
    return [output.outputs[0].text for output in outputs]


def free_grammar(language: Language) -> str:
    """The grammar of an answer in this place of a conversation, whatever its bounds."""
    return grammar_of(replace(language, least=0, most=MOST_PICTURES, has_text=True))


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    print(json.dumps(evaluate_planner(OUT), indent=2))
