"""How a model wants to be called: `serving.json` of its folder, else what its makers say. Knows no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from visualizer_service.wire import Limits

LEAST_REFERENCE_SIDE_PX: Final = 256
"""Below that little of a likeness is left, nor could the colours of previews be learnt."""


class Serving(BaseModel):
    """The arguments a model was trained for.

    With `steps_may_vary`, fewer steps draw worse and more draw better; a distilled model takes its own number only. `sizes` lists all
    it can draw, the default first; empty means any.

    `text_encoder_out_layers` and `max_sequence_length` are those of the diffusers pipeline; the latter in tokens.
    A reference is brought to the area of a square of `reference_side_px` at most, by models that take any size.
    `guidance_scale` is that of classifier-free guidance, or the one passed to a model that embeds it;
    `cites` is how its makers have prompts speak of reference images, such as `Image {number}`; none for a model that was trained without.
    `negative_prompt` is what the former leads away from; `late_guidance_scale` is that of a second transformer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_inference_steps: int = Field(ge=1)
    steps_may_vary: bool = False
    max_references: int = Field(ge=0)
    # Source: diffusers 0.42 `Flux2KleinKVPipeline.__call__`.
    reference_side_px: int = Field(default=1024, ge=LEAST_REFERENCE_SIDE_PX)
    max_sequence_length: int = Field(default=512, ge=1)
    text_encoder_out_layers: tuple[int, ...] = ()
    guidance_scale: float = Field(default=1.0, ge=0)
    late_guidance_scale: float | None = Field(default=None, ge=0)
    negative_prompt: str | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    cites: str | None = None

    def limits(self, multiple_px: int, adapters: tuple[str, ...] = ()) -> Limits:
        """What the gateway checks requests against; sides are multiples of `multiple_px`."""
        own = self.num_inference_steps
        return Limits(
            sizes=self.sizes,
            multiple_px=multiple_px,
            least_side_px=256,
            default_size=self.sizes[0] if self.sizes else (1024, 1024),
            most_references=self.max_references,
            default_steps=own,
            least_steps=1 if self.steps_may_vary else own,
            most_steps=max(100, own) if self.steps_may_vary else own,
            adapters=adapters,
            cites=self.cites,
        )


# Steps, guidance and text layers are the defaults of diffusers' pipelines and of the models' cards.
# How images are cited: docs.bfl.ai, "FLUX.2 image editing", multi-reference prompts.
KLEIN: Final = Serving(
    num_inference_steps=4, max_references=4, text_encoder_out_layers=(9, 18, 27), cites="Image {number}"
)
# Source: signature of `Flux2KleinPipeline.__call__`, diffusers 0.42, and the card of FLUX.2-klein-base-4B.
KLEIN_BASE: Final = KLEIN.model_copy(
    update={"num_inference_steps": 50, "steps_may_vary": True, "guidance_scale": 4.0}
)
# Source: signatures of `Flux2Pipeline.__call__`, diffusers 0.42; references as docs.bfl.ai, "Editing overview", recommends at most.
DEV: Final = Serving(
    num_inference_steps=50,
    steps_may_vary=True,
    max_references=6,
    text_encoder_out_layers=(10, 20, 30),
    guidance_scale=4.0,
    cites="Image {number}",
)
BY_PIPELINE: Final = {"Flux2KleinKVPipeline": KLEIN, "Flux2KleinPipeline": KLEIN, "Flux2Pipeline": DEV}


def serving(folder: Path, pipeline: str, *, is_distilled: bool = True) -> Serving | None:
    """What the folder says of itself, else what is known of its pipeline class, else None."""
    file = folder / "serving.json"
    if file.exists():
        return Serving.model_validate_json(file.read_bytes())
    known = BY_PIPELINE.get(pipeline)
    return KLEIN_BASE if known is KLEIN and not is_distilled else known
