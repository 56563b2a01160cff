"""`python -m training.visualizer`: trains the visualizer from nothing, or from where it was stopped, and writes it to models/."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import torch

from training.visualizer import autoencoder, painting
from training.visualizer.export import export
from training.visualizer.latents import encode_pictures, load_corpus
from training.visualizer.prompts import load_tokenizer

WORK = Path("build/storybook/visualizer")
REPORT = Path("out/training")
MODEL = Path("models/storybook/visualizer")


def main() -> None:
    """Run every stage; what is finished already is loaded from its checkpoint."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    vae = autoencoder.train(WORK, REPORT, device)
    tokenizer = load_tokenizer(WORK / "tokenizer")
    corpus = load_corpus(WORK, partial(encode_pictures, vae))
    painter = painting.train(WORK, REPORT, corpus, vae, tokenizer)
    autoencoder.sharpen(vae, WORK, REPORT)
    export(MODEL, vae.cpu(), painter.cpu(), tokenizer)


if __name__ == "__main__":
    main()
