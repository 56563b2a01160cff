"""Train the planner from nothing: tokenizer, network, export, loss curve, sample answers. A second run resumes.

python -m training.planner --steps 5200
"""

from __future__ import annotations

import argparse
import signal
import sys
from itertools import islice
from pathlib import Path
from typing import Final

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerFast, Qwen3ForCausalLM

from training.planner.corpus.mixture import documents
from training.planner.export import export
from training.planner.report import draw_losses, write_samples
from training.planner.tokenizer import train_tokenizer
from training.planner.train import Plan, Training, average_in

OUT: Final = Path("out/training/planner")
WEIGHTS: Final = Path("models/storybook/planner")
TOKENIZER_DOCUMENTS: Final = 20_000
TOKENIZER_SEED: Final = 1
TRAINING_SEED: Final = 1_000


def prepare_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of this training; learnt once, so that a resumed training keeps it."""
    if not (folder / "tokenizer.json").exists():
        texts = (
            f"{turn.role}\n{turn.text}"
            for one in islice(documents(TOKENIZER_SEED), TOKENIZER_DOCUMENTS)
            for turn in one.turns
        )
        train_tokenizer(texts).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def main() -> None:
    """Run the recipe, or what is left of it."""
    parser = argparse.ArgumentParser(prog="training.planner", description=__doc__)
    parser.add_argument("--steps", type=int, default=5200, help="optimiser steps in all")
    parser.add_argument(
        "--go-on", action="store_true", help=f"begin with the weights in {WEIGHTS}, not with none"
    )
    parser.add_argument(
        "--rates", type=float, default=1.0, help="share of the learning rates, less to go on with"
    )
    parser.add_argument(
        "--keep",
        type=float,
        default=0.0,
        help="with --go-on: share of the weights it begins with in those it ends with",
    )
    parser.add_argument("--tokens", type=int, default=4096, help="tokens in a step, padding included")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    OUT.mkdir(parents=True, exist_ok=True)
    # A polite stop leaves a checkpoint: SystemExit unwinds through the training.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; run again to go on"))
    torch.manual_seed(TRAINING_SEED)
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS) if arguments.go_on else prepare_tokenizer(OUT)
    training = Training(tokenizer, device, OUT)
    began = None
    if arguments.go_on:
        began = Qwen3ForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32)
        training.model.load_state_dict(began.state_dict())
    training.resume()
    model = training.run(Plan(arguments.steps, arguments.tokens, TRAINING_SEED, arguments.rates))
    if began is not None:
        average_in(began, model, arguments.keep)
    export(model, tokenizer, WEIGHTS)
    draw_losses(training.losses, OUT / "losses.png")
    write_samples(model, tokenizer, OUT / "samples.md")


if __name__ == "__main__":
    main()
