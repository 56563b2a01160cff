"""Qwen-Image-Edit-Plus: pictures after references, which the text encoder looks at and which stand beside the picture at each step.

Tasks without a reference are drawn as Qwen-Image draws them, with this model's weights.
Source: diffusers 0.42 `QwenImageEditPlusPipeline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as edit_plus
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.guide import Guide
from visualizer_service.engine.families.flow.qwen_image import QwenImage, unpadded
from visualizer_service.engine.families.flow.schedule import Schedule
from visualizer_service.engine.family import Rejected
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.engine.serving import Serving

# Steps, guidance and negative prompt: README of QwenLM/Qwen-Image @ 0a83598, for Qwen-Image-Edit-2511. One to three images: the
# model card of Qwen/Qwen-Image-Edit-2509.
QWEN_IMAGE_EDIT_PLUS: Final = Serving(
    num_inference_steps=40,
    steps_may_vary=True,
    max_references=3,
    guidance_scale=4.0,
    negative_prompt=" ",
    # As the pipeline itself names them before the prompt.
    cites="Picture {number}",
)
MOST_STRETCHED: Final = 200
"""Longer side by shorter side; transformers' `smart_resize` of Qwen2-VL refuses more."""


class QwenImageEditPlus:
    """The `FlowModel` of Qwen-Image-Edit-Plus."""

    def __init__(
        self,
        pipeline: edit_plus.QwenImageEditPlusPipeline,
        serving: Serving,
        device: Device,
        cache: EncoderCache,
    ) -> None:
        self._pipeline = pipeline
        self._cache = cache
        parts = {name: part for name, part in pipeline.components.items() if name != "processor"}
        self._plain = QwenImage(QwenImagePipeline(**parts), serving, device, cache)
        self.latent_px, self.multiple_px = self._plain.latent_px, self._plain.multiple_px
        self.channels, self.limits = self._plain.channels, self._plain.limits
        self.noise_dtype, self.preview_detail = self._plain.noise_dtype, self._plain.preview_detail
        self.vae = self._plain.vae

    def guide_tokens(self, references: Sequence[Reference]) -> int:
        """Of the longest prompt, and of each reference at the size that it is brought to."""
        of_one = edit_plus.VAE_IMAGE_SIZE // self.multiple_px**2
        return self._plain.guide_tokens(()) + len(references) * of_one

    def reference_bytes(self) -> dict[str, int]:
        """Its latents, which are as many for each."""
        return {
            "latents": edit_plus.VAE_IMAGE_SIZE
            // self.latent_px**2
            * self.channels
            * self.noise_dtype.itemsize
        }

    def held(self) -> Iterable[str]:
        """Those whose latents are cached."""
        return self._cache.references()

    def guides(self, tasks: Sequence[Task]) -> list[Guide]:
        """Embeddings of descriptions, read with the references in view, and the references' latents."""
        plain = iter(self._plain.guides([task for task in tasks if not task.references]))
        return [self._guide(task) if task.references else next(plain) for task in tasks]

    def schedule(self, steps: int, latents: Tensor) -> Schedule:
        """Even steps, shifted by the picture's size."""
        return self._plain.schedule(steps, latents)

    def velocity(self, latents: Tensor, times: Sequence[float], guides: Sequence[Guide]) -> Tensor:
        """The guided velocity of the picture beside its references."""
        return self._plain.velocity(latents, times, guides)

    def encode(self, image: Image) -> Tensor:
        """The image's latents."""
        return self._plain.encode(image)

    def decode(self, latents: Tensor) -> Tensor:
        """The pixels."""
        return self._plain.decode(latents)

    def _guide(self, task: Task) -> Guide:
        for reference in task.references:
            if max(reference.image.size) > MOST_STRETCHED * min(reference.image.size):
                raise Rejected(f"a reference is more than {MOST_STRETCHED} times as long as wide")
        return Guide(
            self._prompt(task.description, task.references),
            None if self._plain.unwanted is None else self._prompt(self._plain.unwanted, task.references),
            tuple(self._latents(reference) for reference in task.references),
        )

    def _prompt(self, text: str, references: Sequence[Reference]) -> Tensor:
        def encode() -> Tensor:
            images = [self._fit(one.image, edit_plus.CONDITION_IMAGE_SIZE) for one in references]
            # Declared for tensors, made for pictures.
            return unpadded(*self._pipeline.encode_prompt(text, cast("Any", images)))[0]

        return self._cache.prompt_about(text, [one.id for one in references], encode)

    def _latents(self, reference: Reference) -> Tensor:
        def encode() -> Tensor:
            return self.encode(self._fit(reference.image, edit_plus.VAE_IMAGE_SIZE))

        return self._cache.latents(reference.id, encode)

    def _fit(self, image: Image, area_px: int) -> Image:
        """The image at about this area, its shape kept as far as sides in multiples of 32 pixels let it."""
        width, height = edit_plus.calculate_dimensions(area_px, image.width / image.height)
        return cast("Image", self._pipeline.image_processor.resize(image, height, width))
