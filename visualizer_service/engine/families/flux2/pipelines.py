"""The pipelines of FLUX.2 whose parts the family draws with, and what tells them apart by kind."""

from __future__ import annotations

from diffusers.pipelines.flux2.pipeline_flux2 import Flux2Pipeline
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline

AnyFlux2 = Flux2Pipeline | Flux2KleinPipeline | Flux2KleinKVPipeline


def embeds_guidance(pipeline: AnyFlux2) -> bool:
    """Whether the transformer takes the guidance scale as an input, and so needs no second pass without the prompt.

    Source: diffusers 0.42 `Flux2Pipeline.__call__` hands it on, klein's pipelines hand on None.
    """
    return isinstance(pipeline, Flux2Pipeline)
