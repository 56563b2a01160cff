"""Judges the shipped visualizer on held-out scenes: told attributes, identity, chains of pictures, and the autoencoder alone.

It knows the pipeline in models/ and the oracle, nothing of training. Its scenes come from a seed that training never uses.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Final

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from PIL import Image

from training import oracle
from training.drawing import draw
from training.visualizer.autoencoder import psnr_db, restore
from training.visualizer.export import load
from training.visualizer.journal import contact_sheet
from training.visualizer.pictures import HELD_OUT_SEED, to_pictures, to_tensor
from training.visualizer.sampling import paint
from training.world import ANIMALS, SIZES, Scene, describe

MODEL: Final = Path("models/storybook/visualizer")
SCENES: Final = 96
REFERENCES_BY_TURN: Final = (0, 1, 1, 2, 1, 4, 1, 3)
IDENTITIES: Final = 48
CHAINS: Final = 24
CHAIN_LENGTH: Final = 5
RESTORED: Final = 24
SHOWN: Final = 16
LEAST_DISTANCE: Final = 0.02
"""Added to both sides of a ratio of distances, so that two perfect chains compare as equal."""


@dataclass(frozen=True, slots=True)
class Case:
    """One held-out request: a scene, its description, and references of which one or more show its character."""

    scene: Scene
    description: str
    references: tuple[Image.Image, ...]
    size: tuple[int, int]
    seed: int


def evaluate_visualizer(out_dir: Path) -> dict[str, float]:
    """Return figures by key, and write a sheet of pictures for each kind to `out_dir`."""
    out_dir.mkdir(parents=True, exist_ok=True)
    pipeline = load(MODEL)
    return {
        **_attributes(pipeline, out_dir),
        **_identity(pipeline, out_dir),
        **_chains(pipeline, out_dir),
        **_autoencoder(pipeline, out_dir),
    }


def _attributes(pipeline: Flux2KleinKVPipeline, out_dir: Path) -> dict[str, float]:
    """The share of pictures in which each told attribute is read as told; a colour counts only where something is worn."""
    right, rows = Counter[str](), list[list[Image.Image]]()
    cases = _cases(SCENES, REFERENCES_BY_TURN)
    for case in cases:
        painted = _paint(pipeline, case)
        right.update(oracle.agreement(case.scene, oracle.read(painted).scene))
        rows.append([draw(case.scene, case.size, random.Random(case.seed)), painted, *case.references])
    _write(out_dir / "visualizer-attributes.png", rows)
    bare = sum(case.scene.garment == "none" for case in cases)
    shares = {name: right[name] / len(cases) for name in oracle.TOLD}
    shares["colour"] = (right["colour"] - bare) / (len(cases) - bare)
    return {f"visualizer.attribute_accuracy.{name}": share for name, share in shares.items()}


def _identity(pipeline: Flux2KleinKVPipeline, out_dir: Path) -> dict[str, float]:
    """The mean distance to the reference's identity, painted with it, over that of the same description painted without."""
    guided, free, rows = list[float](), list[float](), list[list[Image.Image]]()
    for case in _cases(IDENTITIES, (1,)):
        reference = oracle.read(case.references[0])
        pictures = [_paint(pipeline, case), _paint(pipeline, replace(case, references=()))]
        for distances, picture in zip((guided, free), pictures, strict=True):
            distances.append(oracle.identity_distance(oracle.read(picture), reference))
        rows.append([case.references[0], *pictures])
    _write(out_dir / "visualizer-identity.png", rows)
    return {"visualizer.identity_ratio": fmean(guided) / fmean(free)}


def _chains(pipeline: Flux2KleinKVPipeline, out_dir: Path) -> dict[str, float]:
    """The distance of the last picture of a chain to its first over that of the second; each refers to the first and the latest."""
    second, last, rows = list[float](), list[float](), list[list[Image.Image]]()
    rng = random.Random(HELD_OUT_SEED + 2)
    for chain in range(CHAINS):
        scene = Scene.sample(rng)
        pictures = list[Image.Image]()
        for index in range(CHAIN_LENGTH):
            references = list(dict.fromkeys((0, len(pictures) - 1))) if pictures else []
            shown = [pictures[reference] for reference in references]
            pictures.append(paint(pipeline, describe(scene, rng), shown, SIZES[0], seed=100 * chain + index))
            scene = scene.elsewhere(rng)
        first = oracle.read(pictures[0])
        second.append(oracle.identity_distance(oracle.read(pictures[1]), first))
        last.append(oracle.identity_distance(oracle.read(pictures[-1]), first))
        rows.append(pictures)
    _write(out_dir / "visualizer-chains.png", rows)
    return {"visualizer.chain_identity": (fmean(last) + LEAST_DISTANCE) / (fmean(second) + LEAST_DISTANCE)}


def _autoencoder(pipeline: Flux2KleinKVPipeline, out_dir: Path) -> dict[str, float]:
    """The mean over pictures of every size of what encoding and decoding keep."""
    rng, figures, rows = random.Random(HELD_OUT_SEED + 3), list[float](), list[list[Image.Image]]()
    for index in range(RESTORED):
        truth = draw(Scene.sample(rng), SIZES[index % len(SIZES)], rng)
        pixels = to_tensor([truth])
        restored = restore(pipeline.vae, pixels)
        figures.append(psnr_db(restored, pixels))
        rows.append([truth, *to_pictures(restored)])
    _write(out_dir / "autoencoder.png", rows)
    return {"autoencoder.psnr_db": fmean(figures)}


def _cases(count: int, references: tuple[int, ...]) -> list[Case]:
    """Held-out requests; the first reference shows the character, half of the others another animal."""
    rng = random.Random(HELD_OUT_SEED + 1)
    cases = []
    for index in range(count):
        scene, size = Scene.sample(rng), SIZES[(0, 0, 1, 0, 2)[index % 5]]
        shown = []
        for place in range(references[index % len(references)]):
            other = Scene.sample(rng, rng.choice([animal for animal in ANIMALS if animal != scene.animal]))
            shown.append(draw(other if place % 2 else scene.elsewhere(rng), rng.choice(SIZES), rng))
        cases.append(Case(scene, describe(scene, rng), tuple(shown), size, seed=index))
    return cases


def _paint(pipeline: Flux2KleinKVPipeline, case: Case) -> Image.Image:
    return paint(pipeline, case.description, list(case.references), case.size, case.seed)


def _write(path: Path, rows: list[list[Image.Image]]) -> None:
    contact_sheet(rows[:SHOWN]).save(path)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for key, value in evaluate_visualizer(Path("out")).items():
        print(f"{key} {value:.3f}")
