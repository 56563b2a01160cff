"""Trains the autoencoder: on crops, which is four times cheaper a picture, then on whole pictures, then its decoder alone.

It knows pictures and `AutoencoderKLFlux2`, nothing of text or of the transformer. The last course leaves encoder and latents as they
are, so that it may run after the transformer's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final, cast

import torch
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch import Tensor, nn
from torch.nn import functional

from training.visualizer import pictures
from training.visualizer.journal import Journal
from training.visualizer.loop import Course, run
from training.world import SIZES

CROP_STEPS: Final = 3600
BOTH: Final = Course("autoencoder", steps=4200, peak_rate=2e-3, checkpoint_steps=500)
DECODER: Final = Course("decoder", steps=2500, peak_rate=1e-3, checkpoint_steps=500)
CROPS, CROP_SIDE_PX, WHOLES = 16, 64, 6
LATENT_CHANNELS: Final = 24
KL_WEIGHT: Final = 1e-5


def build() -> AutoencoderKLFlux2:
    """Build an untrained autoencoder: 8 times smaller sides, narrow where pictures are large, because that is what costs."""
    return AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 32, 32, 32),
        decoder_block_out_channels=(16, 16, 32, 64),
        layers_per_block=0,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=max(SIZES[0]),
    )


def train(work: Path, report: Path, device: torch.device) -> AutoencoderKLFlux2:
    """Train both halves and set the statistics of the latents."""
    model = build()
    nn.Module.to(model, device)
    journal = Journal(BOTH.name, work, report)
    run(BOTH, model, journal, partial(_joint_losses, model), partial(_look, journal))
    measure_latents(model)
    return model.eval()


def sharpen(model: AutoencoderKLFlux2, work: Path, report: Path) -> None:
    """Train the decoder on, its encoder and its latents' statistics as they are."""
    for name, value in model.named_parameters():
        value.requires_grad = name.startswith(("decoder.", "post_quant_conv."))
    journal = Journal(DECODER.name, work, report)
    run(DECODER, model, journal, partial(_decoder_losses, model), partial(_look, journal))


def _joint_losses(model: AutoencoderKLFlux2, start: int) -> Iterator[Tensor]:
    rng, device = random.Random(start), model.device
    small, large = pictures.crops(rng, CROPS, CROP_SIDE_PX), pictures.whole(rng, WHOLES)
    for step in range(start, BOTH.steps):
        pixels = next(small if step < CROP_STEPS else large).to(device, memory_format=torch.channels_last)
        latents = posterior(model, pixels)
        restored = decode(model, latents.sample())
        yield _error(restored, pixels) + KL_WEIGHT * latents.kl().mean() / LATENT_CHANNELS


def _decoder_losses(model: AutoencoderKLFlux2, start: int) -> Iterator[Tensor]:
    source, device = pictures.whole(random.Random(~start), WHOLES), model.device
    for _ in range(start, DECODER.steps):
        pixels = next(source).to(device, memory_format=torch.channels_last)
        with torch.no_grad():
            latents = posterior(model, pixels).mode()
        yield _error(decode(model, latents), pixels)


def posterior(model: AutoencoderKLFlux2, pixels: Tensor) -> DiagonalGaussianDistribution:
    """Encode pictures to distributions of latents (batch, channels, height / 8, width / 8), not normalised."""
    return model.encode(pixels, return_dict=False)[0]


def decode(model: AutoencoderKLFlux2, latents: Tensor) -> Tensor:
    """Decode latents that are not normalised to pixels, not clipped."""
    return model.decode(cast("torch.FloatTensor", latents), return_dict=False)[0]


def _error(restored: Tensor, pixels: Tensor) -> Tensor:
    return 2 * functional.mse_loss(restored, pixels) + 0.3 * functional.l1_loss(restored, pixels)


@torch.no_grad()
def restore(model: AutoencoderKLFlux2, pixels: Tensor) -> Tensor:
    """Encode and decode without noise, clipped to [-1, 1]."""
    return decode(model, posterior(model, pixels).mode()).clamp(-1, 1)


def psnr_db(restored: Tensor, pixels: Tensor) -> float:
    """Peak signal-to-noise ratio over a batch with values in [-1, 1]."""
    return float(-10 * torch.log10(functional.mse_loss(restored, pixels) / 4))


def _look(journal: Journal, model: AutoencoderKLFlux2) -> str:
    """Show held-out pictures above their restorations, and say how near these come."""
    batches = pictures.whole(random.Random(pictures.HELD_OUT_SEED), 8)
    pixels = next(batch for batch in batches if batch.shape[2] == batch.shape[3]).to(model.device)
    restored = restore(model, pixels)
    journal.sheet([pictures.to_pictures(pixels), pictures.to_pictures(restored)], "samples")
    return f"held-out psnr {psnr_db(restored, pixels):.2f} dB"


@torch.no_grad()
def measure_latents(model: AutoencoderKLFlux2, batches: int = 40) -> None:
    """Set the running mean and variance by which the pipeline normalises patchified latents."""
    source = pictures.whole(random.Random(7), 8)
    tokens = []
    for _ in range(batches):
        latents = posterior(model, next(source).to(model.device)).mode()
        tokens.append(patchify(latents).flatten(2).transpose(1, 2).flatten(0, 1))
    every = torch.cat(tokens)
    model.bn.get_buffer("running_mean").copy_(every.mean(0))
    model.bn.get_buffer("running_var").copy_(every.var(0))


def patchify(latents: Tensor) -> Tensor:
    """(batch, channels, height, width) to (batch, 4 channels, height / 2, width / 2), in the pipeline's order."""
    return functional.pixel_unshuffle(latents, 2)
