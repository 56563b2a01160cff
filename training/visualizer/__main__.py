"""`python -m training.visualizer`: trains the visualizer from nothing, or from where it was stopped, and writes it to models/."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from training.visualizer import autoencoder, painting
from training.visualizer.export import export, load
from training.visualizer.latents import encode_pictures, load_corpus
from training.visualizer.prompts import load_tokenizer
from training.visualizer.transformer import Painter

WORK = Path("build/storybook/visualizer")
REPORT = Path("out/training")
MODEL = Path("models/storybook/visualizer")


def main() -> None:
    """Run every stage; what is finished already is loaded from its checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--go-on", action="store_true", help=f"begin with the weights in {MODEL}, not with none"
    )
    parser.add_argument("--steps", type=int, default=painting.PAINTER.steps, help="of the painter's course")
    asked = parser.parse_args()
    begun = load(MODEL) if asked.go_on else None
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    vae = begun.vae.to(device) if begun else autoencoder.train(WORK, REPORT, device)
    tokenizer = begun.tokenizer if begun else load_tokenizer(WORK / "tokenizer")
    corpus = load_corpus(WORK, partial(encode_pictures, vae))
    painter = Painter(begun.text_encoder, begun.transformer) if begun else painting.build(vae, tokenizer)
    course = replace(painting.PAINTER, steps=asked.steps)
    begins_at = painting.GOING_ON_AT if begun else 0.0
    painter = painting.train(WORK, REPORT, corpus, painter, vae, tokenizer, course, begins_at)
    autoencoder.sharpen(vae, WORK, REPORT)
    export(MODEL, vae.cpu(), painter.cpu(), tokenizer)


if __name__ == "__main__":
    main()
