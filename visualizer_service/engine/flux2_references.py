"""What FLUX.2 keeps of references: latents of each image, and in klein-KV models keys and values of each ordered set of images.

Images of one set attend to each other and are told apart by their place in it, so keys and values belong to the ordered set.
Source of fitting and positions: diffusers 0.42 `Flux2KleinKVPipeline.__call__` and `prepare_image_latents`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from diffusers.models.transformers.transformer_flux2 import Flux2KVCache
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.cache import Cache
from visualizer_service.engine.device import Device
from visualizer_service.engine.family import Rejected
from visualizer_service.engine.seam import Reference

MOST_REFERENCE_PX: Final = 1024 * 1024
Grid = tuple[int, int]
Key = tuple[str | None, ...]
"""An adapter, then the ids of a set of references in order."""
LATENTS: Final = "latents"
KEYS_VALUES: Final = "keys and values"


@dataclass(slots=True)
class KeptReferences:
    """A job's references, ready for every step.

    `grids` are rows and columns of each image; `latents` is (1, tokens, channels); `keys_values` is
    (2, layers, tokens, heads, head width), double blocks first, or None where the model attends otherwise.
    """

    grids: tuple[Grid, ...]
    latents: Tensor
    keys_values: Tensor | None = None

    @property
    def shape(self) -> Hashable:
        """Equal for references that can share a call."""
        return self.grids if self.keys_values is None else self.latents.shape[1]


class Flux2References:
    """Encodes references once and keeps the result by content in the family's cache."""

    def __init__(
        self,
        pipeline: Flux2KleinPipeline | Flux2KleinKVPipeline,
        device: Device,
        cache: Cache[tuple[str, ...], Tensor],
        adapters: Adapters,
    ) -> None:
        self._adapters = adapters
        self._pipeline = pipeline
        self._device = device
        self._cache = cache
        self._has_kv = isinstance(pipeline, Flux2KleinKVPipeline)
        self._ids: dict[tuple[Grid, ...], Tensor] = {}
        self._blank_ids = pipeline._prepare_text_ids(torch.empty(1, 1, 1))[0].to(device.torch)

    def keep(self, jobs: Sequence[tuple[tuple[Reference, ...], str | None]]) -> list[KeptReferences | None]:
        """What each job needs of its references and adapter, from the cache or made now; None for a job without references."""
        keys = [(adapter, *(reference.id for reference in given)) for given, adapter in jobs]
        sets = {key: self._set(given) for key, (given, _) in zip(keys, jobs, strict=True) if given}
        if self._has_kv:
            self._add_keys_values(sets)
        return [sets.get(key) for key in keys]

    def held(self) -> tuple[str, ...]:
        """Ids of cached references, most recent first."""
        kinds = {LATENTS: 1, KEYS_VALUES: 2}  # after how much of the key the ids begin
        ids = (one for key in self._cache.recent() if key[0] in kinds for one in key[kinds[key[0]] :])
        return tuple(dict.fromkeys(ids))

    def ids(self, grids: tuple[Grid, ...]) -> Tensor:
        """Positions (tokens, 4) of references; the same object each time."""
        if grids not in self._ids:
            blanks = [torch.empty(1, 1, *grid) for grid in grids]
            self._ids[grids] = self._pipeline._prepare_image_ids(blanks)[0].to(self._device.torch)
        return self._ids[grids]

    def _set(self, given: tuple[Reference, ...]) -> KeptReferences:
        latents = [self._latents(reference) for reference in given]
        packed = torch.cat([self._pipeline._pack_latents(one) for one in latents], dim=1)
        return KeptReferences(tuple((one.shape[2], one.shape[3]) for one in latents), packed)

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

    def _add_keys_values(self, sets: dict[Key, KeptReferences]) -> None:
        missing: dict[tuple[str | None, tuple[Grid, ...]], list[Key]] = {}
        for key, kept in sets.items():
            kept.keys_values = self._cache.get(_kept_as(key))
            if kept.keys_values is None:
                missing.setdefault((key[0], kept.grids), []).append(key)
        for (adapter, grids), keys in missing.items():
            self._adapters.use(adapter)
            together = self._extract(grids, torch.cat([sets[key].latents for key in keys]))
            for key, keys_values in zip(keys, together.unbind(2), strict=True):
                # A copy of its own, or each would keep the whole batch alive.
                own = keys_values.clone() if len(keys) > 1 else keys_values
                sets[key].keys_values = own
                self._cache.put(_kept_as(key), own)

    def _extract(self, grids: tuple[Grid, ...], latents: Tensor) -> Tensor:
        """Keys and values (2, layers, batch, tokens, heads, head width) of sets with one layout.

        The model runs on the references alone: nothing that they attend to is left out, and one blank text token, which the
        model's text blocks need, changes nothing for them.
        """
        transformer = self._pipeline.transformer
        blank = latents.new_zeros(len(latents), 1, transformer.config.joint_attention_dim)
        _, cache = transformer(
            hidden_states=latents.to(transformer.dtype),
            timestep=latents.new_zeros(len(latents)),
            encoder_hidden_states=blank,
            txt_ids=self._blank_ids,
            img_ids=self.ids(grids),
            kv_cache_mode="extract",
            num_ref_tokens=latents.shape[1],
            return_dict=False,
        )
        layers = [layer.get() for layer in (*cache.double_block_caches, *cache.single_block_caches)]
        return torch.stack([torch.stack(of_all_layers) for of_all_layers in zip(*layers, strict=True)])


def _kept_as(key: Key) -> tuple[str, ...]:
    return KEYS_VALUES, *(part or "" for part in key)


def stacked(rows: Sequence[Tensor], doubles: int) -> Flux2KVCache:
    """The transformer's cache for rows of `KeptReferences.keys_values`; `doubles` is the number of its double blocks."""
    if all(row is rows[0] for row in rows):
        together = rows[0].unsqueeze(2).expand(-1, -1, len(rows), -1, -1, -1)
    else:
        together = torch.stack(list(rows), dim=2)
    _, layers, _, tokens, *_ = together.shape
    cache = Flux2KVCache(doubles, layers - doubles)
    cache.num_ref_tokens = tokens
    for index, layer in enumerate((*cache.double_block_caches, *cache.single_block_caches)):
        layer.store(together[0, index], together[1, index])
    return cache
