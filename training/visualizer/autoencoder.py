"""Trains the autoencoder: first on crops, which is four times cheaper a picture, then on whole pictures.

It knows pictures and `AutoencoderKLFlux2`, nothing of text or of the transformer.
"""

from __future__ import annotations

import copy
import random
import sys
from pathlib import Path
from typing import Final

import torch
from diffusers import AutoencoderKLFlux2
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from training.visualizer import pictures
from training.visualizer.journal import Journal
from training.visualizer.schedule import Average, learning_rate
from training.world import SIZES

CROP_STEPS: Final = 3600
WHOLE_STEPS: Final = 600
STEPS: Final = CROP_STEPS + WHOLE_STEPS
CROPS, CROP_SIDE_PX, WHOLES = 16, 64, 6
PEAK_RATE: Final = 2e-3
KL_WEIGHT: Final = 1e-5
CHECKPOINT_STEPS: Final = 500


def build() -> AutoencoderKLFlux2:
    """Build an untrained autoencoder: 8 times smaller sides, narrow where pictures are large, because that is what costs."""
    return AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 32, 32, 32),
        decoder_block_out_channels=(16, 16, 32, 64),
        layers_per_block=0,
        latent_channels=24,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=max(SIZES[0]),
    )


def train(work: Path, report: Path, device: torch.device) -> AutoencoderKLFlux2:
    """Train to the end, or from the last checkpoint to the end, and return the averaged model with its latent statistics."""
    model = build().to(device)
    average, journal = Average(model), Journal("autoencoder", work, report)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=1e-4, fused=True
    )
    start = 0
    if state := journal.resume():
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.values = {name: value.to(device) for name, value in state["average"].items()}
        start = state["step"]
    rng = random.Random(start)
    small, large = pictures.crops(rng, CROPS, CROP_SIDE_PX), pictures.whole(rng, WHOLES)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    progress = tqdm(
        range(start, STEPS), initial=start, total=STEPS, desc="autoencoder", file=sys.stdout, mininterval=20
    )
    for step in progress:
        pixels = next(small if step < CROP_STEPS else large).to(device, memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, STEPS, PEAK_RATE)
        loss, error = losses(model, pixels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model, step)
        if step % 20 == 0:
            journal.losses.append((step, error.item()))
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == STEPS:
            state = {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "average": average.values,
            }
            journal.save({**state, "step": step + 1})
            shown = copy.deepcopy(model)
            average.write_to(shown)
            tqdm.write(f"step {step + 1} held-out psnr {held_out_psnr(shown, journal):.2f} dB")
    average.write_to(model)
    measure_latents(model)
    return model.eval()


def losses(model: AutoencoderKLFlux2, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the training loss and the mean squared error it contains, pixels in [-1, 1]."""
    posterior = model.encode(pixels).latent_dist  # type: ignore[union-attr]
    restored = model.decode(posterior.sample()).sample  # type: ignore[union-attr]
    error = functional.mse_loss(restored, pixels)
    return 2 * error + 0.3 * functional.l1_loss(
        restored, pixels
    ) + KL_WEIGHT * posterior.kl().mean() / 24, error


@torch.no_grad()
def restore(model: AutoencoderKLFlux2, pixels: Tensor) -> Tensor:
    """Encode and decode without noise, clipped to [-1, 1]."""
    return model.decode(model.encode(pixels).latent_dist.mode()).sample.clamp(-1, 1)  # type: ignore[union-attr]


def psnr_db(restored: Tensor, pixels: Tensor) -> float:
    """Peak signal-to-noise ratio over a batch with values in [-1, 1]."""
    return float(-10 * torch.log10(functional.mse_loss(restored, pixels) / 4))


def held_out_psnr(model: AutoencoderKLFlux2, journal: Journal) -> float:
    """Measure a few held-out pictures and show them above their restorations."""
    device = next(model.parameters()).device
    batches = pictures.whole(random.Random(pictures.HELD_OUT_SEED), 8)
    pixels = next(batch for batch in batches if batch.shape[2] == batch.shape[3]).to(device)
    restored = restore(model.eval(), pixels)
    journal.sheet([pictures.to_pictures(pixels), pictures.to_pictures(restored)], "samples")
    return psnr_db(restored, pixels)


@torch.no_grad()
def measure_latents(model: AutoencoderKLFlux2, batches: int = 40) -> None:
    """Set the running mean and variance by which the pipeline normalises patchified latents."""
    device, source = next(model.parameters()).device, pictures.whole(random.Random(7), 8)
    tokens = []
    for _ in range(batches):
        latents = model.encode(next(source).to(device)).latent_dist.mode()  # type: ignore[union-attr]
        tokens.append(patchify(latents).flatten(2).transpose(1, 2).flatten(0, 1))
    every = torch.cat(tokens)
    model.bn.running_mean.copy_(every.mean(0))
    model.bn.running_var.copy_(every.var(0))


def patchify(latents: Tensor) -> Tensor:
    """(batch, channels, height, width) to (batch, 4 channels, height / 2, width / 2), in the pipeline's order."""
    return functional.pixel_unshuffle(latents, 2)
