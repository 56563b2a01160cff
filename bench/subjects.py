"""The models that the engine's benchmark draws with: a folder, or a FLUX.2 klein of full size with random weights.

Speed does not depend on the values of weights, so a machine without the real ones can measure all the same.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from bench.report import processor
from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.budgets import CacheWish
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flow.family import FlowFamily
from visualizer_service.engine.load import engine_over, family_of
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.serving import KLEIN, Serving, serving
from visualizer_service.engine.tuning import Tuning

STORYBOOK: Final = "models/storybook/visualizer"
CACHE_BYTES: Final = 8 * 2**30


@dataclass(frozen=True, slots=True)
class Subject:
    """One set of weights twice: in the engine, and in diffusers' pipeline as it comes."""

    name: str
    engine: StepLoop[Any]
    family: FlowFamily
    pipeline: Any
    serving: Serving


@dataclass(frozen=True, slots=True)
class KleinSize:
    """Shape of a klein model and of its text encoder.

    Source: config.json of black-forest-labs/FLUX.2-klein-4B and -9B, Qwen/Qwen3-4B and -8B; width is heads times 128.
    """

    doubles: int
    singles: int
    heads: int
    text_width: int
    text_inner: int
    text_layers: int = 36


SIZES: Final = {
    "klein-4b": KleinSize(5, 20, 24, 2560, 9728),
    "klein-9b-kv": KleinSize(8, 24, 32, 4096, 12288),
}


def asking(about: str | None) -> argparse.ArgumentParser:
    """A parser of what every benchmark of a model is told."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", default=STORYBOOK, help=f"a folder, or one of {', '.join(SIZES)} with random weights"
    )
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument(
        "--size", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"), help="pixels; the model's default"
    )
    parser.add_argument("--rounds", type=int, default=5)
    return parser


def circumstances(options: argparse.Namespace, device: Device, cores: int) -> dict[str, object]:
    """What was measured, and on what: the part of a report that figures are worth nothing without."""
    return {
        "model": options.model,
        "device": device.name if device.is_cuda else f"{cores} core(s) of {processor()}",
        "torch": torch.__version__,
        "rounds": options.rounds,
    }


def subject(model: str, device: Device, slots: int) -> Subject:
    """The model of a folder, or of `SIZES` with random weights."""
    pipeline, known = plain(model, device)
    engine, family = tuned(copied(pipeline), model, device, slots, Tuning())
    return Subject(model, engine, family, pipeline, known)


def plain(model: str, device: Device) -> tuple[Any, Serving]:
    """A pipeline as it comes, on the device, and how it is to be called."""
    if model in SIZES:
        pipeline, known = _random_klein(SIZES[model], model.endswith("-kv"), device), KLEIN
    else:
        pipeline = DiffusionPipeline.from_pretrained(model, dtype=device.dtype).to(device.torch)
        known = serving(Path(model), type(pipeline).__name__)
        if known is None:
            raise SystemExit(f"{model} has no serving.json and is of no known family")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline, known


def tuned(
    pipeline: Any, model: str, device: Device, slots: int, tuning: Tuning
) -> tuple[StepLoop[Any], FlowFamily]:
    """The engine over a pipeline, which is the engine's from now on."""
    family = family_of(
        pipeline, Path(model), model, device, CacheWish(CACHE_BYTES), Adapters(pipeline, {}), tuning
    )
    if not isinstance(family, FlowFamily):
        raise SystemExit(f"{model} has no family of its own: there is nothing to compare")
    return engine_over(family, slots=slots, tuning=tuning), family


def copied(pipeline: Any) -> Any:
    """A pipeline over copies of the weights, because a family changes the models that it is given."""
    parts = {
        name: copy.deepcopy(part) for name, part in pipeline.components.items() if name != "is_distilled"
    }
    copied = type(pipeline)(**parts, is_distilled=True)
    copied.set_progress_bar_config(disable=True)
    return copied


def _random_klein(size: KleinSize, keeps_references: bool, device: Device) -> Any:
    words = _tokenizer()
    with torch.device(device.torch):
        default = torch.get_default_dtype()
        torch.set_default_dtype(device.dtype)
        transformer = Flux2Transformer2DModel(
            num_layers=size.doubles,
            num_single_layers=size.singles,
            num_attention_heads=size.heads,
            joint_attention_dim=3 * size.text_width,
            guidance_embeds=False,
        )
        text_encoder = Qwen3ForCausalLM(
            Qwen3Config(
                hidden_size=size.text_width,
                intermediate_size=size.text_inner,
                num_hidden_layers=size.text_layers,
                num_attention_heads=32,
                num_key_value_heads=8,
                head_dim=128,
            )
        )
        vae = AutoencoderKLFlux2()
        torch.set_default_dtype(default)
    make = Flux2KleinKVPipeline if keeps_references else Flux2KleinPipeline
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0)
    return make(scheduler, vae, text_encoder, words, transformer, is_distilled=True).to(device.torch)


def _tokenizer() -> PreTrainedTokenizerFast:
    """Bytes as tokens: the prompt is padded to its full length anyway."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(letters)}, merges=[]))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.add_special_tokens(["<|endoftext|>"])
    template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<|endoftext|>", chat_template=template)
