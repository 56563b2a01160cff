"""Z-Image: pictures from text; the transformer itself takes rows with prompts of different lengths.

Source: diffusers 0.42 `ZImagePipeline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import torch
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.guide import Guide, text_guides
from visualizer_service.engine.families.flow.schedule import Euler, Schedule
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.engine.serving import Serving

# Steps and guidance: README of Tongyi-MAI/Z-Image @ 44314b8. It asks for 9 steps of Turbo, of which diffusers took 8; since
# huggingface/diffusers PR #13730 (in 0.42) it takes all that it is asked for, and its own example asks for 8.
Z_IMAGE_TURBO: Final = Serving(num_inference_steps=8, max_references=0, guidance_scale=0.0)
Z_IMAGE: Final = Serving(
    num_inference_steps=50, steps_may_vary=True, max_references=0, guidance_scale=4.0, negative_prompt=""
)
BY_NAME: Final = {"Z-Image": Z_IMAGE}
PATCH: Final = 2
"""A token is a square of this many latents a side."""


def serving_of(name: str) -> Serving:
    """How the makers call the model of this name, the last part of its hub name."""
    return BY_NAME.get(name, Z_IMAGE_TURBO)


class ZImage:
    """The `FlowModel` of Z-Image."""

    noise_dtype = torch.float32
    preview_detail = 1

    def __init__(
        self, pipeline: ZImagePipeline, serving: Serving, device: Device, cache: EncoderCache
    ) -> None:
        self._pipeline = pipeline
        self._serving = serving
        self._device = device
        self._cache = cache
        self.vae = pipeline.vae
        self._transformer = pipeline.transformer
        self.latent_px = pipeline.vae_scale_factor
        self.multiple_px = self.latent_px * PATCH
        self.channels = self._transformer.in_channels
        self.limits = serving.limits(self.multiple_px)
        self._unwanted = (serving.negative_prompt or "") if serving.guidance_scale > 0 else None

    def guide_tokens(self, references: Sequence[Reference]) -> int:
        """Of the longest prompt."""
        return self._serving.max_sequence_length

    def reference_bytes(self) -> dict[str, int]:
        """Nothing."""
        return {}

    def held(self) -> Iterable[str]:
        """None: it takes no references."""
        return ()

    def guides(self, tasks: Sequence[Task]) -> list[Guide]:
        """Embeddings of descriptions and, under guidance, of what is never wanted."""
        return text_guides(tasks, self._unwanted, self._cache, self._encode_prompts)

    def schedule(self, steps: int, latents: Tensor) -> Schedule:
        """Even steps, shifted by the picture's size."""
        return Euler.shifted(self._pipeline.scheduler, steps, latents[0, 0].numel() // PATCH**2)

    def velocity(self, latents: Tensor, times: Sequence[float], guides: Sequence[Guide]) -> Tensor:
        """The guided velocity; Z-Image's own points from noise to picture and counts time upwards."""
        pictures = list(latents.to(self._transformer.dtype).unsqueeze(2))
        texts = [guide.wanted for guide in guides]
        unwanted = [guide.unwanted for guide in guides if guide.unwanted is not None]
        rounds = 2 if unwanted else 1
        progress = self._device.put((1000 - torch.tensor(times)) / 1000).repeat(rounds)
        velocities = self._transformer(pictures * rounds, progress, texts + unwanted, return_dict=False)[0]
        velocity = torch.stack([one.float() for one in velocities]).squeeze(2)
        if unwanted:
            wanted, away = velocity.chunk(2)
            velocity = wanted + self._serving.guidance_scale * (wanted - away)
        return -velocity

    def encode(self, image: Image) -> Tensor:
        """The image's latents."""
        vae = self.vae
        pixels = self._pipeline.image_processor.preprocess(image).to(self._device.torch, vae.dtype)
        latents = vae.encode(pixels, return_dict=False)[0].mode()
        return (latents - vae.config.shift_factor) * vae.config.scaling_factor

    def decode(self, latents: Tensor) -> Tensor:
        """The pixels."""
        vae = self.vae
        unscaled = latents.to(vae.dtype) / vae.config.scaling_factor + vae.config.shift_factor
        return vae.decode(unscaled, return_dict=False)[0]

    def _encode_prompts(self, texts: list[str]) -> list[Tensor]:
        # The encoder's padding changes nothing and is cut off: a long prompt's 512 tokens cost a short one nothing.
        length = min(self._serving.max_sequence_length, max(map(self._tokens, texts)))
        together = self._pipeline._encode_prompt(list(texts), self._device.torch, max_sequence_length=length)
        return [embedding.clone() for embedding in together]

    def _tokens(self, text: str) -> int:
        talk = [{"role": "user", "content": text}]
        settings = {"add_generation_prompt": True, "enable_thinking": True}
        written = self._pipeline.tokenizer.apply_chat_template(talk, tokenize=False, **settings)
        return len(self._pipeline.tokenizer(written).input_ids)
