"""Whether a request can be done at all: sizes, counts and lengths against what the pool and the settings allow.

Errors name the field, the limit and what was sent. It knows nothing of any dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Quality
from gateway.answer.sizes import size_name, size_px
from planner_service.wire import Mode
from visualizer_service.wire import Limits

# Steps, as a share of those that the model takes by itself.
STEP_SHARES: Mapping[Quality, float] = {"low": 0.5, "medium": 1.0, "high": 2.0}


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """How many pictures an answer must and may have."""

    least: int
    most: int


def image_counts(mode: Mode, least: int | None, most: int | None, cap: int) -> ImageCounts:
    """Settle the counts: what is not asked for follows from the mode.

    Raises:
        InvalidRequest: the counts exceed `cap`, or contradict each other or the mode.
    """
    for param, count in (("least_images", least), ("most_images", most)):
        if count is not None and count > cap:
            raise InvalidRequest(f"`{param}` is {count}; at most {cap} are drawn in one answer.", param=param)
    draws = mode in ("image", "interleaved")
    least = int(draws) if least is None else least
    if most is None:
        most = {"text": 0, "image": max(1, least)}.get(mode, cap)
    if mode == "text" and (least or most):
        param = "least_images" if least else "most_images"
        raise InvalidRequest(f"`{param}` must be 0 in mode text, which draws nothing.", param=param)
    if draws and most < 1:
        raise InvalidRequest(f"`most_images` must be at least 1 in mode {mode}.", param="most_images")
    if least > most:
        raise InvalidRequest(
            f"`least_images` is {least}, more than the {most} that may be drawn.", param="least_images"
        )
    return ImageCounts(least, most)


def fit_size(size: str, param: str, limits: Limits) -> tuple[int, int]:
    """Width and height in pixels that a request asks for, `auto` being the model's default.

    Raises:
        InvalidRequest: the model cannot draw that size.
    """
    if size == "auto":
        return limits.default_size
    width, height = size_px(size)
    if limits.sizes:
        possible = (width, height) in limits.sizes
        allowed = "one of " + ", ".join(size_names(limits))
    else:
        sides, step = range(limits.least_side_px, limits.most_side_px + 1), limits.multiple_px
        possible = all(side in sides and side % step == 0 for side in (width, height))
        allowed = f"two multiples of {step} between {limits.least_side_px} and {limits.most_side_px}"
    if not possible:
        raise InvalidRequest(f"`{param}` is {size}; it must be auto or {allowed}.", param=param)
    return width, height


def check_adapter(adapter: str | None, limits: Limits) -> None:
    """Refuse LoRA weights that the pool has not loaded. Raises InvalidRequest."""
    if adapter is not None and adapter not in limits.adapters:
        there_are = ", ".join(limits.adapters) or "none"
        raise InvalidRequest(f"`adapter` is {adapter}; the model here has {there_are}.", param="adapter")


def fit_steps(quality: Quality, param: str, limits: Limits) -> int | None:
    """The number of steps that a quality stands for, `auto` being the model's own choice, None.

    Raises:
        InvalidRequest: the model takes one number of steps only, so that quality has no meaning.
    """
    if quality == "auto":
        return None
    if limits.least_steps == limits.most_steps:
        raise InvalidRequest(
            f"`{param}` is {quality}; it must be auto, for the model here draws in {limits.default_steps} steps and no others.",
            param=param,
        )
    wanted = round(limits.default_steps * STEP_SHARES[quality])
    return min(max(wanted, limits.least_steps), limits.most_steps)


def size_names(limits: Limits) -> tuple[str, ...]:
    """The sizes that the model draws, where it draws only some."""
    return tuple(size_name(width, height) for width, height in limits.sizes)


def check_at_most(count: int, limit: int, what: str, param: str) -> None:
    """Refuse more of something than is taken."""
    if count > limit:
        raise InvalidRequest(f"`{param}` holds {count} {what}; at most {limit} are taken.", param=param)
