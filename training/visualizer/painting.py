"""Trains text encoder and transformer together on cached latents, by flow matching.

It knows the curriculum's batches and the painter's loss; drawing and encoding lie behind it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import torch
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from PIL import Image
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training import oracle
from training.drawing import draw
from training.precision import quick_products
from training.visualizer.batches import Batches
from training.visualizer.export import assemble
from training.visualizer.journal import Journal
from training.visualizer.latents import Corpus
from training.visualizer.loop import Course, run
from training.visualizer.pictures import HELD_OUT_SEED
from training.visualizer.prompts import PAD, encode
from training.visualizer.sampling import paint
from training.visualizer.transformer import Painter, build_text_encoder, build_transformer
from training.world import SIZES, Scene, describe

PAINTER: Final = Course("painter", steps=8000, peak_rate=1.5e-3, checkpoint_steps=125, matrix_rate=0.01)
TARGETS: Final = 36
SIGMA_SHIFTS: Final = ((0.7, 6.0), (0.85, 2.5), (1.0, 1.2))
"""Noise levels are drawn evenly, then shifted up by this much until that share of training is done. Near pure noise only the text
tells where things stand, so most of training stays there; what they look like in detail comes last."""
GOING_ON_AT: Final = 0.5
"""Where a painter that draws already takes the curriculum up."""
SAMPLES: Final = 8


def build(vae: AutoencoderKLFlux2, tokenizer: PreTrainedTokenizerFast) -> Painter:
    """Build an untrained painter for this autoencoder and this tokenizer."""
    torch.manual_seed(0)
    text_encoder = build_text_encoder(len(tokenizer), tokenizer.get_vocab()[PAD])
    return Painter(text_encoder, build_transformer(4 * vae.config["latent_channels"]))


def train(
    work: Path,
    report: Path,
    corpus: Corpus,
    painter: Painter,
    vae: AutoencoderKLFlux2,
    tokenizer: PreTrainedTokenizerFast,
    course: Course = PAINTER,
    begins_at: float = 0.0,
) -> Painter:
    """Train to the end, or from the last checkpoint to the end, on the autoencoder's device; return the averaged painter.

    The curriculum begins at a share of the whole, from 0 to 1: what a painter can do already it need not be taught anew.
    """
    painter.to(vae.device)
    journal = Journal(course.name, work, report)

    def losses(start: int) -> Iterator[Tensor]:
        torch.manual_seed(start)
        batches = Batches(corpus, TARGETS, seed=start)
        for step in range(start, course.steps):
            share_done = begins_at + (1 - begins_at) * step / course.steps
            batch = batches.draw(share_done).to(vae.device)
            ids, mask = encode(tokenizer, batch.descriptions)
            sigma = noise_levels(len(batch.target), share_done)
            with quick_products(vae.device):
                loss = painter.loss(ids.to(vae.device), mask.to(vae.device), batch, sigma.to(vae.device))
            yield loss

    def show(shown: Painter) -> str:
        return _look(shown, vae, tokenizer, journal)

    run(course, painter, journal, losses, show, painter.matrices())
    return painter.eval()


def noise_levels(count: int, share_done: float) -> Tensor:
    """Draw noise levels between 0 and 1, spread evenly over the range and then shifted."""
    shift = next(shift for end, shift in SIGMA_SHIFTS if share_done <= end)
    uniform = (torch.arange(count) + torch.rand(count)) / count
    return shift * uniform / (1 + (shift - 1) * uniform)


def _look(
    painter: Painter, vae: AutoencoderKLFlux2, tokenizer: PreTrainedTokenizerFast, journal: Journal
) -> str:
    """Paint held-out scenes, each with one reference, show them, and count the attributes that the oracle reads back."""
    pipeline = assemble(vae, painter, tokenizer)
    rng, right, rows = random.Random(HELD_OUT_SEED), Counter[str](), list[list[Image.Image]]()
    for index in range(SAMPLES):
        scene = Scene.sample(rng)
        reference, truth = draw(scene.elsewhere(rng), SIZES[0], rng), draw(scene, SIZES[0], rng)
        painted = paint(pipeline, describe(scene, rng), [reference], SIZES[0], seed=index)
        rows.append([reference, painted, truth])
        right.update(oracle.agreement(scene, oracle.read(painted).scene))
    journal.sheet([list(column) for column in zip(*rows, strict=True)], "samples")
    return " ".join(f"{name} {right[name]}/{SAMPLES}" for name in (*oracle.TOLD, *oracle.HIDDEN))
