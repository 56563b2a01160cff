"""Qwen-Image: pictures from text, under true classifier-free guidance.

Rows of one call may have prompts of different lengths. `QwenImageEditPlus` draws with the same parts, references beside the picture.
Source: diffusers 0.42 `QwenImagePipeline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from PIL.Image import Image
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.guide import Guide, text_guides
from visualizer_service.engine.families.flow.schedule import Euler, Schedule
from visualizer_service.engine.families.flow.still_vae import StillVAE
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.engine.serving import Serving

# Steps, guidance and the empty negative prompt: README of QwenLM/Qwen-Image @ 0a83598, for Qwen-Image; 2512 differs in a long
# negative prompt of its makers, which a serving.json can give.
QWEN_IMAGE: Final = Serving(
    num_inference_steps=50, steps_may_vary=True, max_references=0, guidance_scale=4.0, negative_prompt=" "
)
PATCH: Final = 2
"""A token is a square of this many latents a side."""


class QwenImage:
    """The `FlowModel` of Qwen-Image."""

    preview_detail = 1

    def __init__(
        self, pipeline: QwenImagePipeline, serving: Serving, device: Device, cache: EncoderCache
    ) -> None:
        self._pipeline = pipeline
        self._serving = serving
        self._device = device
        self._cache = cache
        self.vae = pipeline.vae
        self._still_vae = StillVAE(pipeline.vae, device.torch)
        self._transformer = pipeline.transformer
        self.latent_px = pipeline.vae_scale_factor
        self.multiple_px = self.latent_px * PATCH
        self.channels = self._transformer.config.in_channels // PATCH**2
        self.limits = serving.limits(self.multiple_px)
        self.noise_dtype = pipeline.text_encoder.dtype
        # What is not wanted counts only where it is turned away from.
        self.unwanted = serving.negative_prompt if serving.guidance_scale > 1 else None

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
        """Embeddings of descriptions and of what is never wanted."""
        return text_guides(tasks, self.unwanted, self._cache, self._encode_prompts)

    def schedule(self, steps: int, latents: Tensor) -> Schedule:
        """Even steps, shifted by the picture's size."""
        return Euler.shifted(self._pipeline.scheduler, steps, latents[0, 0].numel() // PATCH**2)

    def velocity(self, latents: Tensor, times: Sequence[float], guides: Sequence[Guide]) -> Tensor:
        """The guided velocity, made as long as the wanted one token by token."""
        own = packed(latents)
        reference_tokens = [
            torch.cat([packed(one) for one in guide.references], dim=1)
            for guide in guides
            if guide.references
        ]
        hidden = torch.cat([own, torch.cat(reference_tokens)], dim=1) if reference_tokens else own
        timesteps = self._device.put(torch.tensor(times, dtype=hidden.dtype) / 1000)
        layout = [
            (1, one.shape[2] // PATCH, one.shape[3] // PATCH) for one in (latents, *guides[0].references)
        ]

        def velocity_for(prompts: list[Tensor]) -> Tensor:
            lengths = self._device.put(torch.tensor([len(prompt) for prompt in prompts]))
            text = pad_sequence(prompts, batch_first=True)
            ragged = len({len(prompt) for prompt in prompts}) > 1
            return self._transformer(
                hidden_states=hidden,
                timestep=timesteps,
                encoder_hidden_states=text,
                encoder_hidden_states_mask=torch.arange(text.shape[1], device=hidden.device)
                < lengths[:, None]
                if ragged
                else None,
                img_shapes=[layout] * len(prompts),
                return_dict=False,
            )[0][:, : own.shape[1]]

        velocity = velocity_for([guide.wanted for guide in guides])
        unwanted = [guide.unwanted for guide in guides if guide.unwanted is not None]
        if unwanted:
            # A call of its own: texts of other lengths in the same call would need a mask, which fast attention can't take.
            away = velocity_for(unwanted)
            guided = away + self._serving.guidance_scale * (velocity - away)
            velocity = guided * (velocity.norm(dim=-1, keepdim=True) / guided.norm(dim=-1, keepdim=True))
        return unpacked(velocity, layout[0][1], layout[0][2])

    def encode(self, image: Image) -> Tensor:
        """The image's latents."""
        return self._still_vae.encode(self._pipeline.image_processor.preprocess(image))

    def decode(self, latents: Tensor) -> Tensor:
        """The pixels."""
        return self._still_vae.decode(latents)

    def _encode_prompts(self, texts: list[str]) -> list[Tensor]:
        length = self._serving.max_sequence_length
        together, mask = self._pipeline.encode_prompt(texts, max_sequence_length=length)
        return unpadded(together, mask)


def unpadded(together: Tensor, mask: Tensor | None) -> list[Tensor]:
    """Each embedding (tokens, width) of a padded batch, as a copy that does not keep the whole batch alive."""
    lengths = [together.shape[1]] * len(together) if mask is None else mask.sum(dim=1).tolist()
    return [one[: int(length)].clone() for one, length in zip(together, lengths, strict=True)]


def packed(latents: Tensor) -> Tensor:
    """(batch, channels, rows, columns) to tokens (batch, rows * columns / 4, channels * 4)."""
    batch, channels, rows, columns = latents.shape
    return QwenImagePipeline._pack_latents(latents, batch, channels, rows, columns)


def unpacked(tokens: Tensor, rows: int, columns: int) -> Tensor:
    """Tokens (batch, rows * columns, channels * 4) to (batch, channels, rows * 2, columns * 2)."""
    # With a scale of one pixel a latent, sides in pixels are sides in latents.
    return QwenImagePipeline._unpack_latents(tokens, rows * PATCH, columns * PATCH, 1).squeeze(2)
