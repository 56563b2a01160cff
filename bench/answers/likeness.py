"""How alike pictures are to their descriptions and to each other, by models whose weights are at hand; nothing is downloaded for it.

Cosines from -1 to 1, which compare systems under the same weights only. CLIP reads text and picture into one space (CLIP-T), DINOv2 tells
subjects apart (DINO-I), a face model persons.

Sources: Hessel et al., CLIPScore (arXiv 2104.08718), without its factor; Ruiz et al., DreamBooth (arXiv 2208.12242), section 4.2, for DINO.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer, CLIPModel

from bench.answers.answer import Picture

_DETECT_PX = (640, 640)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Means over an answer's pictures: to their descriptions, to the first picture, and of the largest face to the first one."""

    clip_t: float | None = None
    dino_i: float | None = None
    face_i: float | None = None


class Weights:
    """Loads what is named: folders of a CLIP and of a DINOv2 model in transformers' form, the name of an insightface model pack."""

    def __init__(self, clip: str | None = None, dino: str | None = None, faces: str | None = None) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._clip = _Clip(clip, self._device) if clip else None
        self._dino = _Dino(dino, self._device) if dino else None
        self._faces = _face_reader(faces) if faces else None

    @torch.inference_mode()
    def of(self, pictures: Sequence[Picture]) -> Likeness:
        """Of an answer's pictures that came."""
        opened = [
            (image, picture.description) for picture in pictures if (image := _opened(picture)) is not None
        ]
        images = [image for image, _ in opened]
        told = [(image, description) for image, description in opened if description]
        return Likeness(
            clip_t=self._clip.likeness(told) if self._clip and told else None,
            dino_i=_to_the_first(self._dino.embedded(images)) if self._dino and len(images) > 1 else None,
            face_i=_to_the_first(_largest_faces(self._faces, images)) if self._faces else None,
        )


class _Clip:
    def __init__(self, name: str, device: str) -> None:
        self._model = CLIPModel.from_pretrained(name, local_files_only=True).to(device).eval()  # pyright: ignore[reportArgumentType]
        self._images = AutoImageProcessor.from_pretrained(name, local_files_only=True)
        self._texts = AutoTokenizer.from_pretrained(name, local_files_only=True)
        self._most_tokens: int = self._model.text_model.embeddings.position_embedding.num_embeddings

    def likeness(self, told: Sequence[tuple[Image.Image, str]]) -> float:
        images, texts = zip(*told, strict=True)
        words = self._texts(
            list(texts), padding=True, truncation=True, max_length=self._most_tokens, return_tensors="pt"
        )
        pixels = self._images(list(images), return_tensors="pt")["pixel_values"]
        read = {
            "input_ids": words["input_ids"],
            "attention_mask": words["attention_mask"],
            "pixel_values": pixels,
        }
        out = self._model(**{name: value.to(self._model.device) for name, value in read.items()})
        return float(torch.cosine_similarity(out.image_embeds, out.text_embeds).mean())


class _Dino:
    def __init__(self, name: str, device: str) -> None:
        self._model = AutoModel.from_pretrained(name, local_files_only=True).to(device).eval()
        self._images = AutoImageProcessor.from_pretrained(name, local_files_only=True)

    def embedded(self, images: Sequence[Image.Image]) -> np.ndarray[Any, Any]:
        pixels = self._images(list(images), return_tensors="pt")["pixel_values"]
        return self._model(pixel_values=pixels.to(self._model.device)).pooler_output.float().cpu().numpy()


def _opened(picture: Picture) -> Image.Image | None:
    """The picture; None where it did not come, or is none."""
    try:
        return Image.open(io.BytesIO(picture.data or b"")).convert("RGB")
    except OSError:
        return None


def _face_reader(pack: str) -> Any:
    # Of the optional extra `faces`; its licence differs from ours, and so do those of its weights.
    from insightface.app import FaceAnalysis  # pyright: ignore[reportMissingImports]

    reader = FaceAnalysis(name=pack, providers=["CUDAExecutionProvider", "CPUExecutionProvider"])
    reader.prepare(ctx_id=0, det_size=_DETECT_PX)
    return reader


def _largest_faces(reader: Any, images: Sequence[Image.Image]) -> np.ndarray[Any, Any]:
    """The embedding of the largest face of each picture that has one."""
    found = [reader.get(np.asarray(image)[:, :, ::-1]) for image in images]
    return np.array([max(faces, key=_area).normed_embedding for faces in found if faces])


def _area(face: Any) -> float:
    left, top, right, bottom = face.bbox
    return float((right - left) * (bottom - top))


def _to_the_first(embedded: np.ndarray[Any, Any]) -> float | None:
    if len(embedded) < 2:
        return None
    unit = embedded / np.linalg.norm(embedded, axis=1, keepdims=True)
    return float((unit[1:] @ unit[0]).mean())
