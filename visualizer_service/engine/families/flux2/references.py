"""What FLUX.2 caches of references: latents of each image, and in klein-KV models keys and values of each ordered set of images.

Images of one set attend to each other and are told apart by their place in it, so keys and values belong to the ordered set.
Source of fitting and positions: diffusers 0.42 `Flux2KleinKVPipeline.__call__` and `prepare_image_latents`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from PIL.Image import Image
from torch import Tensor

from visualizer_service import metrics
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flux2.denoiser import Flux2Denoiser, packed
from visualizer_service.engine.families.flux2.fitting import check, fitted
from visualizer_service.engine.families.flux2.layers import SCALE_BYTES, shrunk
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2
from visualizer_service.engine.families.flux2.positions import Grid
from visualizer_service.engine.seam import Reference
from visualizer_service.engine.serving import Serving

Latents = tuple[Tensor, ...]
"""Of the images of a set, normalised, (1, channels, rows, columns) each."""
Key = tuple[str, ...]
"""An adapter or nothing, then the ids of a set of references in order."""


class Flux2References:
    """Encodes references once and caches the result by content."""

    def __init__(
        self,
        pipeline: AnyFlux2,
        serving: Serving,
        device: Device,
        cache: EncoderCache,
        denoiser: Flux2Denoiser,
    ) -> None:
        self._denoiser = denoiser
        self._most_px = serving.reference_side_px**2
        self._pipeline = pipeline
        self._device = device
        self._cache = cache
        self._has_kv = isinstance(pipeline, Flux2KleinKVPipeline)
        self._multiple_px = pipeline.vae_scale_factor * 2

    def encoded(
        self, jobs: Sequence[tuple[tuple[Reference, ...], str | None]]
    ) -> list[tuple[Latents, Tensor | None]]:
        """What each job needs of its references and adapter, from the cache or made now."""
        sets = [
            tuple(
                self._cache.latents(reference.id, lambda image=reference.image: self.encode(image))
                for reference in references
            )
            for references, _ in jobs
        ]
        keys = [(adapter or "", *(one.id for one in references)) for references, adapter in jobs]
        kept = self._keys_values(dict(zip(keys, sets, strict=True))) if self._has_kv else {}
        return [(latents, kept.get(key)) for key, latents in zip(keys, sets, strict=True)]

    def held(self) -> Iterator[str]:
        """Ids of the references that cost nothing more, most recent first; one may come twice."""
        if not self._has_kv:
            return self._cache.references()
        return (one for key in self._cache.keys_values.recent() for one in key[1:])

    def tokens(self, size: tuple[int, int]) -> int:
        """Tokens of an image of this width and height."""
        width, height = fitted(size, self._multiple_px, self._most_px)
        return width * height // self._multiple_px**2

    def bytes_of(self, size: tuple[int, int]) -> dict[str, int]:
        """What an image of this width and height takes in each part of the cache."""
        tokens, number_bytes = self.tokens(size), self._device.dtype.itemsize
        config = self._pipeline.transformer.config
        parts = {"latents": tokens * number_bytes * config.in_channels}
        if self._has_kv:
            head = config.attention_head_dim
            head_bytes = head + SCALE_BYTES if self._cache.shrinks else head * number_bytes
            layers = config.num_layers + config.num_single_layers
            all_bytes = 2 * layers * tokens * config.num_attention_heads * head_bytes
            parts |= dict.fromkeys(("keys_values", "keys_values_host"), all_bytes)
        return parts

    def encode(self, image: Image) -> Tensor:
        """Normalised latents (1, channels, rows, columns) of an image of any size.

        Raises:
            Rejected: it is smaller or longer than what the model was trained for.
        """
        check(image.size)
        width, height = fitted(image.size, self._multiple_px, self._most_px)
        processor = self._pipeline.image_processor
        if image.width * image.height > self._most_px:
            image = processor._resize_to_target_area(image, self._most_px)
        pixels = processor.preprocess(image, height=height, width=width, resize_mode="crop")
        pixels = self._device.put(pixels.to(self._pipeline.vae.dtype))
        # Takes the mode, draws nothing.
        return self._pipeline._encode_vae_image(pixels, torch.Generator())

    def _keys_values(self, sets: dict[Key, Latents]) -> dict[Key, Tensor]:
        """Keys and values of each set that has any image; those that are not cached are made in one call for each layout."""
        kept: dict[Key, Tensor] = {}
        missing: dict[tuple[str, tuple[Grid, ...]], list[Key]] = {}
        for key, latents in sets.items():
            if (cached := self._cache.keys_values.get(key) if latents else None) is not None:
                kept[key] = cached
            elif latents:
                grids = tuple((one.shape[2], one.shape[3]) for one in latents)
                missing.setdefault((key[0], grids), []).append(key)
        for (adapter, grids), keys in missing.items():
            tokens = [torch.cat([packed(one) for one in sets[key]], dim=1) for key in keys]
            with metrics.timed("reference"):
                together = self._denoiser.extract(grids, torch.cat(tokens), adapter or None)
            for key, keys_values in zip(keys, together.unbind(2), strict=True):
                if self._cache.shrinks:
                    kept[key] = shrunk(keys_values)
                else:
                    # A copy of its own, or each would keep the whole batch alive.
                    kept[key] = keys_values.clone() if len(keys) > 1 else keys_values
                self._cache.keys_values.put(key, kept[key])
        return kept
