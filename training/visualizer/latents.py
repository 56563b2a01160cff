"""A corpus of drawn characters as latents, encoded once and kept: the transformer never waits for the autoencoder.

It knows scenes, pictures and the autoencoder, nothing of text or of the transformer. Every character stands in several scenes,
so that one picture can be the target and others its references.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import torch
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from training.drawing import draw
from training.scenery import Size
from training.visualizer.autoencoder import patchify, posterior
from training.visualizer.pictures import to_tensor
from training.world import SIZES, Scene

CHARACTERS: Final = 1200
PICTURES_OF_EACH: Final = dict(zip(SIZES, (4, 2, 2), strict=True))

Encode: TypeAlias = Callable[[list[Image.Image]], Tensor]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Scenes and latents by size: `scenes[size][character][i]`, and float16 (characters, i, tokens, channels)."""

    scenes: dict[Size, list[list[Scene]]]
    latents: dict[Size, Tensor]


def load_corpus(work: Path, encode: Encode, characters: int = CHARACTERS) -> Corpus:
    """Load the corpus, or draw and encode it on first use. Its scenes always follow from the same seed."""
    scenes, rng = {size: [] for size in SIZES}, random.Random(11)
    for _ in range(characters):
        first = Scene.sample(rng)
        for size, count in PICTURES_OF_EACH.items():
            scenes[size].append([first.elsewhere(rng) for _ in range(count)])
    path = work / "latents.pt"
    if not path.exists():
        latents = {size: _encode_all(scenes[size], size, encode, rng) for size in SIZES}
        work.mkdir(parents=True, exist_ok=True)
        torch.save(list(latents.values()), path)
    return Corpus(scenes, dict(zip(SIZES, torch.load(path, weights_only=True), strict=True)))


def _encode_all(characters: list[list[Scene]], size: Size, encode: Encode, rng: random.Random) -> Tensor:
    chunks = []
    for scenes in tqdm(characters, desc=f"latents {size[0]}x{size[1]}", file=sys.stdout, mininterval=20):
        chunks.append(encode([draw(scene, size, rng) for scene in scenes]).half())
    return torch.stack(chunks)


@torch.no_grad()
def encode_pictures(vae: AutoencoderKLFlux2, images: list[Image.Image]) -> Tensor:
    """Return (batch, tokens, channels): patchified, normalised and packed as the pipeline does it."""
    latents = patchify(posterior(vae, to_tensor(images).to(vae.device)).mode())
    mean, var = vae.bn.get_buffer("running_mean"), vae.bn.get_buffer("running_var")
    scale = (var + vae.config["batch_norm_eps"]).sqrt()
    return ((latents - mean[:, None, None]) / scale[:, None, None]).flatten(2).transpose(1, 2).cpu()
