"""What FLUX.2 caches of references: latents of each image, and in klein-KV models keys and values of each ordered set of images.

Images of one set attend to each other and are told apart by their place in it, so keys and values belong to the ordered set.
Source of fitting and positions: diffusers 0.42 `Flux2KleinKVPipeline.__call__` and `prepare_image_latents`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.cache import Cache
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.denoiser import EncodedReferences, Flux2Denoiser
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2
from visualizer_service.engine.families.flux2.positions import Grid
from visualizer_service.engine.family import Rejected
from visualizer_service.engine.seam import Reference

MOST_REFERENCE_PX: Final = 1024 * 1024
Key = tuple[str | None, ...]
"""An adapter, then the ids of a set of references in order."""
LATENTS: Final = "latents"
KEYS_VALUES: Final = "keys and values"


class Flux2References:
    """Encodes references once and caches the result by content in the family's cache."""

    def __init__(
        self,
        pipeline: AnyFlux2,
        device: Device,
        cache: Cache[tuple[str, ...], Tensor],
        denoiser: Flux2Denoiser,
    ) -> None:
        self._denoiser = denoiser
        self._pipeline = pipeline
        self._device = device
        self._cache = cache
        self._has_kv = isinstance(pipeline, Flux2KleinKVPipeline)

    def encoded(
        self, jobs: Sequence[tuple[tuple[Reference, ...], str | None]]
    ) -> list[EncodedReferences | None]:
        """What each job needs of its references and adapter, from the cache or made now; None for a job without references."""
        keys = [(adapter, *(reference.id for reference in references)) for references, adapter in jobs]
        sets = {
            key: self._set(references) for key, (references, _) in zip(keys, jobs, strict=True) if references
        }
        if self._has_kv:
            self._add_keys_values(sets)
        return [sets.get(key) for key in keys]

    def cached_ids(self) -> tuple[str, ...]:
        """Ids of cached references, most recent first."""
        kinds = {LATENTS: 1, KEYS_VALUES: 2}  # after how much of the key the ids begin
        ids = (one for key in self._cache.recent() if key[0] in kinds for one in key[kinds[key[0]] :])
        return tuple(dict.fromkeys(ids))

    def _set(self, references: tuple[Reference, ...]) -> EncodedReferences:
        latents = [self._latents(reference) for reference in references]
        packed = torch.cat([self._pipeline._pack_latents(one) for one in latents], dim=1)
        return EncodedReferences(tuple((one.shape[2], one.shape[3]) for one in latents), packed)

    def _latents(self, reference: Reference) -> Tensor:
        """Normalised latents (1, channels, rows, columns) of one image."""
        key = (LATENTS, reference.id)
        latents = self._cache.get(key)
        if latents is None:
            latents = self.encode(reference.image)
            self._cache.put(key, latents)
        return latents

    def encode(self, image: Image) -> Tensor:
        """Normalised latents (1, channels, rows, columns) of an image of any size."""
        return self._pipeline._encode_vae_image(
            self._fit(image), torch.Generator()
        )  # takes the mode, draws nothing

    def _fit(self, image: Image) -> Tensor:
        processor, multiple_px = self._pipeline.image_processor, self._pipeline.vae_scale_factor * 2
        if image.width * image.height > MOST_REFERENCE_PX:
            image = processor._resize_to_target_area(image, MOST_REFERENCE_PX)
        width, height = (side // multiple_px * multiple_px for side in image.size)
        if not width or not height:
            raise Rejected(f"a reference is smaller than {multiple_px} pixels")
        pixels = processor.preprocess(image, height=height, width=width, resize_mode="crop")
        return pixels.to(self._device.torch, self._pipeline.vae.dtype)

    def _add_keys_values(self, sets: dict[Key, EncodedReferences]) -> None:
        missing: dict[tuple[str | None, tuple[Grid, ...]], list[Key]] = {}
        for key, encoded in sets.items():
            encoded.keys_values = self._cache.get(_cache_key(key))
            if encoded.keys_values is None:
                missing.setdefault((key[0], encoded.grids), []).append(key)
        for (adapter, grids), keys in missing.items():
            latents = torch.cat([sets[key].latents for key in keys])
            together = self._denoiser.extract(grids, latents, adapter)
            for key, keys_values in zip(keys, together.unbind(2), strict=True):
                # A copy of its own, or each would keep the whole batch alive.
                own = keys_values.clone() if len(keys) > 1 else keys_values
                sets[key].keys_values = own
                self._cache.put(_cache_key(key), own)


def _cache_key(key: Key) -> tuple[str, ...]:
    return KEYS_VALUES, *(part or "" for part in key)
