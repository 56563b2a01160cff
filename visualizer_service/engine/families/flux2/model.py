"""FLUX.2 klein, klein-KV and dev, from the parts of diffusers' pipelines: same pixels, other order of work.

In klein-KV models reference tokens attend only to themselves at a fixed timestep, so their keys and values serve every step of
every job; in others the reference's latents stand beside the picture's at each step.
Source: diffusers 0.42 `Flux2KleinKVPipeline`, `Flux2KleinPipeline` and `Flux2Pipeline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.cpu.decoder import speed_up_decoding
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.guide import Guide
from visualizer_service.engine.families.flow.schedule import Euler, Schedule
from visualizer_service.engine.families.flux2.backends import candidates, use_fastest
from visualizer_service.engine.families.flux2.denoiser import Flux2Denoiser, Flux2Guide
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2
from visualizer_service.engine.families.flux2.references import Flux2References
from visualizer_service.engine.families.flux2.text import Flux2Text
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.engine.serving import Serving


class Flux2:
    """The `FlowModel` of FLUX.2 models that need no classifier-free guidance."""

    preview_detail = 2

    def __init__(
        self, pipeline: AnyFlux2, serving: Serving, device: Device, cache: EncoderCache, adapters: Adapters
    ) -> None:
        if device.dtype == torch.float16:
            raise ValueError("FLUX.2 overflows in float16: take bfloat16 or float32")
        self._pipeline = pipeline
        self._text_tokens = serving.max_sequence_length
        self.vae = pipeline.vae
        self.latent_px = self.multiple_px = pipeline.vae_scale_factor * 2
        self.channels = pipeline.transformer.config.in_channels
        self.limits = serving.limits(self.multiple_px)
        self.noise_dtype = device.dtype
        if not device.is_cuda:
            speed_up_decoding(pipeline.vae)
        use_fastest(pipeline.transformer, device, candidates(device.capability))
        self._text = Flux2Text(pipeline, serving, device, cache)
        self._denoiser = Flux2Denoiser(pipeline, serving, device, adapters)
        self._references = Flux2References(pipeline, serving, device, cache, self._denoiser)

    def guide_tokens(self, references: Sequence[Reference]) -> int:
        """Of a prompt, which are as many for each, and of references at the sizes that they are brought to."""
        return self._text_tokens + sum(self._references.tokens(one.image.size) for one in references)

    def guides(self, tasks: Sequence[Task]) -> list[Guide]:
        """Embeddings of descriptions and what references add to each step."""
        prompts = self._text.encoded([task.description for task in tasks])
        references = self._references.encoded([(task.references, task.adapter) for task in tasks])
        return [Flux2Guide(prompt, references=latents, keys_values=keys_values)
                for prompt, (latents, keys_values) in zip(prompts, references, strict=True)]  # fmt: skip

    def reference_bytes(self) -> dict[str, int]:
        """Its latents, and of klein-KV models its keys and values."""
        return self._references.bytes_of((1024, 1024))

    def held(self) -> Iterable[str]:
        """Those whose work is cached: of klein-KV models keys and values, of others latents."""
        return self._references.held()

    def schedule(self, steps: int, latents: Tensor) -> Schedule:
        """Even steps, shifted by the picture's size and the number of steps."""
        mu = compute_empirical_mu(latents[0, 0].numel(), steps)
        return Euler.even(self._pipeline.scheduler, steps, mu)

    def velocity(self, latents: Tensor, times: Sequence[float], guides: Sequence[Guide]) -> Tensor:
        """The model's velocity, which guidance is part of."""
        return self._denoiser.velocity(latents, times, guides)

    def encode(self, image: Image) -> Tensor:
        """The image's latents."""
        return self._references.encode(image)

    def decode(self, latents: Tensor) -> Tensor:
        """The pixels."""
        vae = self.vae
        deviation = torch.sqrt(vae.bn.running_var + vae.config.batch_norm_eps).to(latents)[:, None, None]
        mean = vae.bn.running_mean.to(latents)[:, None, None]
        unpatched = self._pipeline._unpatchify_latents(latents * deviation + mean)
        return vae.decode(unpatched, return_dict=False)[0]
