"""Trains text encoder and transformer together on cached latents, by flow matching.

It knows the curriculum's batches and the painter's loss; drawing and encoding lie behind it.
"""

from __future__ import annotations

import copy
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import torch
from diffusers import AutoencoderKLFlux2
from PIL import Image
from torch import Tensor
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from training import oracle
from training.drawing import draw
from training.visualizer.batches import Batches
from training.visualizer.export import assemble
from training.visualizer.journal import Journal
from training.visualizer.latents import Corpus
from training.visualizer.pictures import HELD_OUT_SEED
from training.visualizer.prompts import encode
from training.visualizer.sampling import paint
from training.visualizer.schedule import Average, learning_rate
from training.visualizer.transformer import Painter, build_text_encoder, build_transformer
from training.world import SIZES, Scene, describe

STEPS: Final = 5000
TARGETS: Final = 18
PEAK_RATE: Final = 2e-3
SIGMA_SHIFT: Final = 2.0
"""Noise levels are drawn uniformly, then shifted like the scheduler's: more of the high ones, where a picture is decided."""
CHECKPOINT_STEPS: Final = 200
SAMPLES: Final = 12


def train(
    work: Path,
    report: Path,
    corpus: Corpus,
    vae: AutoencoderKLFlux2,
    tokenizer: PreTrainedTokenizerFast,
) -> Painter:
    """Train to the end, or from the last checkpoint to the end, on the autoencoder's device; return the averaged painter."""
    device = vae.device
    channels = 4 * vae.config["latent_channels"]
    torch.manual_seed(0)
    painter = Painter(
        build_text_encoder(len(tokenizer), tokenizer.pad_token_id), build_transformer(channels)
    ).to(device)
    average, journal = Average(painter), Journal("painter", work, report)
    optimizer = torch.optim.AdamW(
        painter.parameters(), lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.01, fused=True
    )
    start = 0
    if state := journal.resume():
        painter.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.values = {name: value.to(device) for name, value in state["average"].items()}
        start = state["step"]
    torch.manual_seed(start)
    batches = Batches(corpus, TARGETS, seed=start)
    progress = tqdm(
        range(start, STEPS), initial=start, total=STEPS, desc="painter", file=sys.stdout, mininterval=20
    )
    for step in progress:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, STEPS, PEAK_RATE)
        batch = batches.draw(step / STEPS)
        ids, mask = encode(tokenizer, batch.descriptions)
        loss = painter.loss(
            (ids.to(device), mask.to(device)),
            (batch.target.to(device), batch.target_size),
            (tuple(latents.to(device) for latents in batch.references), batch.reference_sizes),
            noise_levels(len(batch.target)).to(device),
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(painter.parameters(), 1.0)
        optimizer.step()
        average.update(painter, step)
        if step % 20 == 0:
            journal.losses.append((step, loss.item()))
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == STEPS:
            state = {
                "model": painter.state_dict(),
                "optimizer": optimizer.state_dict(),
                "average": average.values,
            }
            journal.save({**state, "step": step + 1})
            shown = copy.deepcopy(painter)
            average.write_to(shown)
            tqdm.write(f"step {step + 1} {sample(shown.eval(), vae, tokenizer, journal)}", file=sys.stdout)
    average.write_to(painter)
    return painter.eval()


def noise_levels(count: int) -> Tensor:
    """Draw noise levels between 0 and 1, spread evenly over the range and then shifted."""
    uniform = (torch.arange(count) + torch.rand(count)) / count
    return SIGMA_SHIFT * uniform / (1 + (SIGMA_SHIFT - 1) * uniform)


def sample(
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
