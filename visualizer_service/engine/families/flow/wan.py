"""Wan 2.x text-to-video models as painters of stills: films of one frame.

Wan 2.2's large models have two transformers, one for noisy and one for clean latents; rows of one call may need either.
Source: diffusers 0.42 `WanPipeline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import torch
from diffusers.models.transformers.transformer_wan import WanTransformer3DModel
from diffusers.pipelines.wan.pipeline_wan import WanPipeline
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.guide import Guide, text_guides
from visualizer_service.engine.families.flow.schedule import Remembering, Schedule
from visualizer_service.engine.families.flow.still_vae import StillVAE
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.engine.serving import Serving

HD: Final = ((1024, 1024), (1280, 720), (720, 1280), (832, 480), (480, 832))
SD: Final = ((832, 480), (480, 832))
# The makers' negative prompt, less its words against standing still (Wan-Video/Wan2.2 wan/configs/shared_config.py).
UNWANTED: Final = (
    "Bright tones, overexposed, blurred details, subtitles, overall gray, worst quality, low quality, JPEG compression residue, "
    "ugly, incomplete, extra fingers, poorly drawn hands, poorly drawn faces, deformed, disfigured, misshapen limbs, fused fingers, "
    "messy background, three legs, many people in the background, walking backwards"
)
# Sizes: SUPPORTED_SIZES in wan/configs/__init__.py of Wan-Video/Wan2.1 (t2i-14B, t2v-1.3B) and of Wan2.2. Steps and guidance: Wan2.1's
# generate.py, its README for the guidance of 1.3B; Wan2.2's wan/configs/wan_t2v_A14B.py, whose pair names the late one first, and
# wan_ti2v_5B.py.
COMMON: Final = {"steps_may_vary": True, "max_references": 0, "negative_prompt": UNWANTED}
WAN: Final = Serving(num_inference_steps=50, guidance_scale=5.0, sizes=HD, **COMMON)
BY_NAME: Final = {
    "Wan2.1-T2V-1.3B-Diffusers": Serving(num_inference_steps=50, guidance_scale=6.0, sizes=SD, **COMMON),
    "Wan2.2-T2V-A14B-Diffusers": Serving(
        num_inference_steps=40, guidance_scale=4.0, late_guidance_scale=3.0, sizes=HD, **COMMON
    ),
    "Wan2.2-TI2V-5B-Diffusers": Serving(
        num_inference_steps=50, guidance_scale=5.0, sizes=((1280, 704), (704, 1280)), **COMMON
    ),
}


def serving_of(name: str) -> Serving:
    """How the makers call the model of this name, the last part of its hub name."""
    return BY_NAME.get(name, WAN)


class Wan:
    """The `FlowModel` of Wan."""

    noise_dtype = torch.float32
    preview_detail = 1

    def __init__(self, pipeline: WanPipeline, serving: Serving, device: Device, cache: EncoderCache) -> None:
        self._pipeline = pipeline
        self._serving = serving
        self._device = device
        self._cache = cache
        # As its makers run it: in bfloat16 its many small sums show.
        self.vae = pipeline.vae.to(torch.float32)
        self._still_vae = StillVAE(self.vae, device.torch)
        transformer = pipeline.transformer or pipeline.transformer_2
        config, self._text_dtype = transformer.config, transformer.dtype
        self.latent_px = pipeline.vae_scale_factor_spatial
        self._patch = config.patch_size[1]
        self.multiple_px = self.latent_px * self._patch
        self.channels = config.in_channels
        self.limits = serving.limits(self.multiple_px)
        self._unwanted = (serving.negative_prompt or "") if serving.guidance_scale > 1 else None
        ratio = pipeline.config["boundary_ratio"]
        self._boundary = 0.0 if ratio is None else ratio * pipeline.scheduler.config.num_train_timesteps

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
        """The model's own steps, whatever the picture's size."""
        return Remembering.of(self._pipeline.scheduler, steps)

    def velocity(self, latents: Tensor, times: Sequence[float], guides: Sequence[Guide]) -> Tensor:
        """The guided velocity, each row from the transformer for its noise."""
        early = [row for row, time in enumerate(times) if time >= self._boundary]
        late = [row for row in range(len(guides)) if row not in early]
        timesteps = self._device.put(torch.tensor(times))
        late_scale = self._serving.late_guidance_scale or self._serving.guidance_scale
        parts = [
            self._guided(
                transformer,
                scale,
                _only(rows, latents),
                _only(rows, timesteps),
                [guides[row] for row in rows],
            )
            for transformer, scale, rows in (
                (self._pipeline.transformer, self._serving.guidance_scale, early),
                (self._pipeline.transformer_2, late_scale, late),
            )
            if rows
        ]
        places = [*early, *late]
        return _only([places.index(row) for row in range(len(places))], torch.cat(parts))

    def encode(self, image: Image) -> Tensor:
        """The image's latents."""
        return self._still_vae.encode(self._pipeline.video_processor.preprocess(image))

    def decode(self, latents: Tensor) -> Tensor:
        """The pixels."""
        return self._still_vae.decode(latents)

    def _guided(
        self,
        transformer: WanTransformer3DModel,
        scale: float,
        latents: Tensor,
        times: Tensor,
        guides: Sequence[Guide],
    ) -> Tensor:
        film = latents.to(transformer.dtype).unsqueeze(2)
        if self._pipeline.config["expand_timesteps"]:
            tokens = latents[0, 0].numel() // self._patch**2
            times = times[:, None].expand(-1, tokens)

        def velocity_for(texts: list[Tensor]) -> Tensor:
            return transformer(film, times, torch.stack(texts), return_dict=False)[0].squeeze(2)

        velocity = velocity_for([guide.wanted for guide in guides])
        unwanted = [guide.unwanted for guide in guides if guide.unwanted is not None]
        if not unwanted:
            return velocity
        away = velocity_for(unwanted)
        return away + scale * (velocity - away)

    def _encode_prompts(self, texts: list[str]) -> list[Tensor]:
        length = self._serving.max_sequence_length
        together = self._pipeline._get_t5_prompt_embeds(texts, max_sequence_length=length)
        # Padding stays: the transformer attends to it.
        return [one.to(self._text_dtype, copy=True) for one in together]


def _only(rows: Sequence[int], batch: Tensor) -> Tensor:
    """These rows of a batch, in this order; a list as an index would have the device waited for."""
    return torch.stack([batch[row] for row in rows])
