"""What every dialect tells of a picture beyond its bytes, in fields of our own."""

from __future__ import annotations

from typing import Any

from gateway.answer.document import Document, Picture
from gateway.answer.event_budget import DRAFT_TEXT_BYTES, beginning
from gateway.answer.failures import PICTURE_FAILED, PICTURE_FAILURES
from gateway.answer.request import Request
from gateway.answer.sizes import size_name
from gateway.answer.stitching.flaws import in_words
from gateway.answer.usage import gpu_s
from gateway.dialects.common.file_urls import content_path
from gateway.store.file_ids import DrawnFile


def about(request: Request, picture: Picture) -> dict[str, Any]:
    """What is known of a picture so far; `file_id` names it once it is drawn, `url` is there if the request wants URLs."""
    drawn = picture.blob is not None
    return {
        "picture": picture.id,
        "description": picture.description,
        **references(picture),
        "seed": picture.seed,
        "width": picture.width_px,
        "height": picture.height_px,
        "steps": picture.steps,
        "file_id": DrawnFile(request.id, picture.item).id if drawn else None,
        "url": url(request, picture) if drawn and request.delivery == "url" else None,
        "model": picture.model,
        "worker": picture.worker,
        "simulated": picture.simulated,
        "timings": picture.timings and picture.timings.model_dump(),
        "warnings": [{"code": flaw.code, "message": in_words(flaw)} for flaw in picture.flaws],
        "drafts": drafts(picture),
    }


def drafts(picture: Picture) -> list[dict[str, Any]]:
    """What the critic said of a picture, each time it was drawn; the one that is `shown` stands."""
    shown = max((n for n, one in enumerate(picture.drafts) if one.drawn.blob == picture.blob), default=-1)
    return [
        {
            "description": beginning(draft.description, DRAFT_TEXT_BYTES),
            "seed": draft.drawn.seed,
            "good": draft.good,
            "wrong": draft.wrong and beginning(draft.wrong, DRAFT_TEXT_BYTES),
            "score": draft.score,
            "seconds": round(draft.took_s, 3),
            "shown": number == shown,
        }
        for number, draft in enumerate(picture.drafts)
    ]


def drawing_usage(document: Document) -> dict[str, Any]:
    """What was drawn, for `usage`: pictures, their pixels, and how long workers drew them in seconds, all added up."""
    done = [picture for picture in document.pictures if picture.blob]
    drawn_s = sum(picture.timings.done_at - picture.timings.started_at for picture in done if picture.timings)
    return {
        "images": len(done),
        "pixels": sum((picture.width_px or 0) * (picture.height_px or 0) for picture in done),
        "drawing_seconds": round(drawn_s, 3),
        "gpu_seconds": round(sum(map(gpu_s, document.pictures)), 3),
    }


def picture_size(picture: Picture) -> str | None:
    """Width and height as OpenAI writes them, once they are known."""
    if picture.width_px is None or picture.height_px is None:
        return None
    return size_name(picture.width_px, picture.height_px)


def references(picture: Picture) -> dict[str, Any]:
    """What guides a picture and who chose it, and what was to guide it but could not be had."""
    return {
        "references": [{"id": used.id, "chosen_by": used.chosen_by} for used in picture.references],
        "missing_references": list(picture.missing),
    }


def url(request: Request, picture: Picture, preview: int | None = None) -> str:
    """Where a picture, or one of its previews, can be fetched; signed, so that no API key is needed."""
    file_id = DrawnFile(request.id, picture.item, preview).id
    signed = "" if request.signer is None else f"?{request.signer.query(file_id)}"
    return request.base_url + content_path(file_id) + signed


def missing(picture: Picture, error: dict[str, Any]) -> dict[str, Any]:
    """What is known of a picture that will not come."""
    return {"picture": picture.id, "description": picture.description, "error": error}


def absence(picture: Picture, error: dict[str, Any]) -> str:
    """That a picture will not come and why, where a text must say so."""
    return f"[{picture.id} is missing: {error['message']}]"


def picture_error(picture: Picture) -> dict[str, Any] | None:
    """Why a picture will not come, None unless that is so."""
    if picture.state not in ("failed", "cancelled"):
        return None
    code = picture.code or picture.state
    return {
        "code": code,
        "message": picture.message or PICTURE_FAILURES.get(code, PICTURE_FAILED),
        "type": "server_error",
        "param": None,
    }
