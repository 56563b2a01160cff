"""FLUX.2 klein, klein-KV and dev, from the parts of diffusers' pipelines: same pixels, other order of work.

In klein-KV models reference tokens attend only to themselves at a fixed timestep, so their keys and values serve every step of
every job; in others the reference's latents stand beside the picture's at each step.
Source: diffusers 0.42 `Flux2KleinKVPipeline`, `Flux2KleinPipeline` and `Flux2Pipeline`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from diffusers.utils.torch_utils import randn_tensor
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.cache import Cache
from visualizer_service.engine.cpu.residual import use_in_place_residuals
from visualizer_service.engine.cpu.row_convolution import convolve_by_row
from visualizer_service.engine.cpu.upsampling import join_upsampling
from visualizer_service.engine.decoding import BatchDecoder
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.denoiser import EncodedReferences, Flux2Denoiser, Flux2Row
from visualizer_service.engine.families.flux2.flow import advance, begin
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2
from visualizer_service.engine.families.flux2.positions import Grid
from visualizer_service.engine.families.flux2.references import Flux2References
from visualizer_service.engine.families.flux2.text import Flux2Text
from visualizer_service.engine.family import Rejected
from visualizer_service.engine.latent_rgb import LatentRGB
from visualizer_service.engine.seam import Task
from visualizer_service.engine.serving import Serving


class Flux2:
    """The family of FLUX.2 models that need no classifier-free guidance."""

    def __init__(
        self,
        pipeline: AnyFlux2,
        serving: Serving,
        name: str,
        device: Device,
        cache_bytes: int,
        adapters: Adapters,
    ) -> None:
        self.name, self.device = name, device.name
        self._pipeline = pipeline
        self._device = device
        self._adapters = adapters
        self._multiple_px = pipeline.vae_scale_factor * 2
        self.limits = serving.limits(self._multiple_px, adapters.names)
        self._cache: Cache[tuple[str, ...], Tensor] = Cache(cache_bytes)
        pipeline.vae.to(memory_format=torch.channels_last)
        use_in_place_residuals(pipeline.vae)
        if not device.is_cuda:  # fewer products; whether a GPU's convolutions gain as well was not measured
            join_upsampling(pipeline.vae.decoder)
            convolve_by_row(pipeline.vae.decoder)
        self._text = Flux2Text(pipeline, serving, device, self._cache)
        self._denoiser = Flux2Denoiser(pipeline, serving, device, adapters)
        self._references = Flux2References(pipeline, device, self._cache, self._denoiser)
        self._decoder = BatchDecoder(self._pictures, together=not device.is_cuda)
        self._colours = LatentRGB.fit(self._references.encode, self._multiple_px)

    def prepare(self, tasks: Sequence[Task]) -> list[Flux2Row]:
        """Encode what is not cached, prompts together, and draw each task's noise.

        Raises:
            Rejected: a size that isn't a multiple of `limits.multiple_px`, too many references, or an unknown adapter.
        """
        with self._device.errors(), torch.inference_mode():
            for task in tasks:
                self._check(task)
            prompts = self._text.encoded([task.description for task in tasks])
            references = self._references.encoded([(task.references, task.adapter) for task in tasks])
            return [self._row(*parts) for parts in zip(tasks, prompts, references, strict=True)]

    def step(self, rows: Sequence[Flux2Row]) -> None:
        """One Euler step of the flow for rows of one shape, each at its own timestep."""
        with self._device.errors(), torch.inference_mode():
            advance([row.flow for row in rows], self._denoiser.velocity(rows))

    def preview(self, row: Flux2Row) -> Callable[[], Image]:
        """The picture that the row's last velocity points at, in rough colours."""
        estimate = self._unpack(row.grid, row.flow.estimate())
        height, width = (side * self._multiple_px for side in row.grid)
        mark = self._device.mark()

        def make_preview() -> Image:
            with self._device.side_stream(mark):
                return self._colours.picture(estimate).resize((width, height))

        return make_preview

    def decode(self, row: Flux2Row) -> Callable[[], Image]:
        """The finished picture."""
        latents = self._unpack(row.grid, row.flow.latents)
        rows, columns = row.grid
        picture = self._decoder.submit(latents, rows * columns * self._multiple_px**2)
        mark = self._device.mark()

        def decode() -> Image:
            with self._device.side_stream(mark):
                return picture()

        return decode

    def drop(self, row: Flux2Row) -> None:
        """Nothing to undo: its tensors go with it."""

    def holds(self) -> tuple[str, ...]:
        """Ids of the references whose work is cached, most recent first."""
        return self._references.cached_ids()

    def free_bytes(self) -> int | None:
        """Memory left on the device, the cache's share not counted as free."""
        return self._device.free_bytes()

    def release(self) -> None:
        """Empty the cache."""
        self._cache.clear()
        self._device.release()

    def close(self) -> None:
        """Empty the cache; the weights go with the process."""
        self.release()

    def _check(self, task: Task) -> None:
        if task.width_px % self._multiple_px or task.height_px % self._multiple_px:
            raise Rejected(f"sides must be multiples of {self._multiple_px} pixels")
        if len(task.references) > self.limits.most_references:
            raise Rejected(f"at most {self.limits.most_references} references")
        self._adapters.check(task.adapter)

    def _row(self, task: Task, prompt: Tensor, references: EncodedReferences | None) -> Flux2Row:
        grid = task.height_px // self._multiple_px, task.width_px // self._multiple_px
        # On the CPU, so that a seed means the same picture on every device.
        noise = torch.Generator().manual_seed(task.seed)
        latents = randn_tensor(
            (1, self._pipeline.transformer.config.in_channels, *grid), noise, self._device.torch, prompt.dtype
        )
        packed = self._pipeline._pack_latents(latents)
        mu = compute_empirical_mu(packed.shape[1], task.steps)
        flow = begin(packed, self._pipeline.scheduler, task.steps, mu)
        return Flux2Row(grid, flow, prompt, references, task.adapter)

    def _pictures(self, latents: Tensor) -> list[Image]:
        unpatched = self._pipeline._unpatchify_latents(self._denormalised(latents))
        pixels = self._pipeline.vae.decode(unpatched, return_dict=False)[0]
        return cast("list[Image]", self._pipeline.image_processor.postprocess(pixels))

    def _unpack(self, grid: Grid, latents: Tensor) -> Tensor:
        """(1, tokens, channels) to (1, channels, rows, columns)."""
        return latents.unflatten(1, grid).permute(0, 3, 1, 2)

    def _denormalised(self, latents: Tensor) -> Tensor:
        statistics = self._pipeline.vae.bn
        deviation = torch.sqrt(statistics.running_var + self._pipeline.vae.config.batch_norm_eps)
        return (
            latents * deviation.to(latents)[:, None, None]
            + statistics.running_mean.to(latents)[:, None, None]
        )
