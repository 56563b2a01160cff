"""What a dialect makes of an HTTP request: the one form in which the gateway's heart knows a request.

It knows nothing of HTTP and nothing of Redis.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from gateway.answer.signer import Signer
from planner_service.wire import Figure, Message, Mode
from visualizer_service.wire import KEEP_S, JobClass, OutputFormat

# Keeps a seed exact in clients whose numbers are doubles.
MOST_SEED: Final = 2**53 - 1

Delivery = Literal["b64", "url"]
ReferencePolicy = Literal["anchor", "none"]
Feedback = Literal["none", "inline", "critic"]
"""`inline`: the planner sees each picture before it writes on. `critic`: each is judged, and drawn again if it is wrong."""
MOST_REDRAWS: Final = 3
ThoughtsTold = Literal["never", "as_text", "as_summary"]
"""Whether the client wants to read what the planner thinks, and by which of OpenAI's two names for it."""
Quality = Literal["low", "medium", "high", "auto"]


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """A picture that references may name: `in1` … from the user, `img1` … from earlier turns."""

    id: str
    blob: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """How the pictures of one answer are drawn. `forced_references` come before whatever the planner wrote.

    Each picture is kept for `keep_s` seconds from when it is drawn.
    """

    width_px: int
    height_px: int
    seed: int
    job_timeout_s: float
    keep_s: float = KEEP_S
    forced_references: tuple[str, ...] = ()
    reference_policy: ReferencePolicy = "anchor"
    previews: int = 0
    output_format: OutputFormat = "png"
    output_compression: int | None = None
    quality: Quality = "auto"
    steps: int | None = None
    adapter: str | None = None
    job_class: JobClass = "interactive"


@dataclass(frozen=True, slots=True)
class Warned:
    """Something of a request that is ignored: the field, and why in words."""

    param: str
    message: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the planner's model chooses its words, beyond temperature and `top_p`; as in the planner's `PlanRequest`."""

    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repetition_penalty: float | None = None
    logit_bias: dict[int, float] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One accepted request. `messages` is the whole conversation with ids assigned; `drawn_before` counts its earlier pictures.

    `instructions`, where there are any, are the first of `messages` too; they hold for this answer only.
    Without `planned`, the user's own words are the description of every picture. `signer` signs the links to its pictures, which begin
    with `base_url`: scheme, host and path of this service as its clients reach it. `warnings` tell what of it was ignored.
    `cast` and `style` are the client's own, or earlier turns'; they win over what the planner settles.
    With `pictures_once` the last event of a stream leaves out the bytes that came before.
    `key` names the API key that asked, `share` is its tenant's weight where several wait for the same workers.
    """

    id: str
    created_at: float
    model: str
    messages: tuple[Message, ...]
    draw: DrawOptions
    most_images: int
    max_output_tokens: int
    tenant: str
    mode: Mode = "auto"
    least_images: int = 0
    sizes: tuple[str, ...] = ()
    pictures: tuple[KnownPicture, ...] = ()
    drawn_before: int = 0
    temperature: float | None = None
    top_p: float | None = None
    delivery: Delivery = "b64"
    background: bool = False
    store: bool = True
    planned: bool = True
    previous_response_id: str | None = None
    instructions: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    signer: Signer | None = None
    base_url: str = ""
    sampling: Sampling = Sampling()
    cast: tuple[Figure, ...] = ()
    style: str | None = None
    thoughts: ThoughtsTold = "never"
    feedback: Feedback = "none"
    most_redraws: int = 1
    pictures_once: bool = False
    warnings: tuple[Warned, ...] = ()
    key: str = "none"
    share: int = 1
