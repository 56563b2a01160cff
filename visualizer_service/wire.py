"""The visualizer's contract: a `Job` goes into the pool's queue, `Reply`s come back on the gateway's reply stream.

It knows nothing of Redis (see `queue`) and nothing of models. Pixels never travel here, only the SHA-256 of their bytes.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

BlobId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 of an image's bytes, in hexadecimal."""

LEAST_SIDE_PX: Final = 16
MOST_SIDE_PX: Final = 8192
MOST_STEPS: Final = 200
"""What a job may ask for of any model; a model's own `Limits` are narrower."""
KEEP_S: Final = 86_400
"""How long pictures are kept where nobody says."""
MOST_HOLDS: Final = 64
"""References that a heartbeat names: it is read at every job that has any."""

JobClass = Literal["interactive", "batch"]
OutputFormat = Literal["png", "webp", "jpeg"]
FailureCode = Literal[
    "rejected",
    "reference_missing",
    "no_memory",
    "poisoned",
    "deadline",
    "internal",
    "unsupported",
    "pictures_unavailable",
]
"""`poisoned`: every attempt ended its worker. `no_memory`: the picture does not fit this device. `unsupported`: it asks for something
that this worker's release does not know. `pictures_unavailable`: the store of pictures is away."""


class Wire(BaseModel):
    """A value on the wire: immutable. Fields of another release that are not known here are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Job(Wire):
    """One slot to draw. `seed` is fixed by whoever submits, so a second attempt draws the same picture.

    `deadline` is Unix time in seconds; `reply_to` names the gateway process that waits; `queued_at` is Unix time too. `share` is the
    tenant's weight where jobs of several wait. The picture is kept for `keep_s` seconds from when it is drawn.
    """

    id: str = Field(min_length=1, max_length=200)
    response: str
    slot: int = Field(ge=0)
    description: str = Field(min_length=1)
    references: tuple[BlobId, ...] = ()
    width_px: int = Field(ge=LEAST_SIDE_PX, le=MOST_SIDE_PX)
    height_px: int = Field(ge=LEAST_SIDE_PX, le=MOST_SIDE_PX)
    seed: int = Field(ge=0, lt=2**63)
    steps: int | None = Field(default=None, ge=1, le=MOST_STEPS)
    adapter: str | None = None
    previews: int = Field(default=0, ge=0, le=3)
    output_format: OutputFormat = "png"
    output_compression: int | None = Field(default=None, ge=0, le=100)
    job_class: JobClass = "interactive"
    tenant: str = "default"
    share: int = Field(default=1, ge=1)
    queued_at: float
    deadline: float
    keep_s: float = Field(default=KEEP_S, gt=0)
    reply_to: str
    traceparent: str | None = None


class Started(Wire):
    """A worker has claimed the job and draws it."""

    type: Literal["started"] = "started"
    worker: str
    at: float


class Progress(Wire):
    """`step` of `of` denoising steps are done; `gpu_s` as in `Done`, so far."""

    type: Literal["progress"] = "progress"
    step: int
    of: int
    gpu_s: float | None = None


class Preview(Wire):
    """A rough look at the picture so far; `index` counts from 0."""

    type: Literal["preview"] = "preview"
    index: int
    blob: BlobId
    bytes: int | None = None


class Timings(Wire):
    """Unix times in seconds."""

    queued_at: float = Field(description="The job was put in line.")
    claimed_at: float = Field(description="A worker took it.")
    started_at: float = Field(description="Its first step began.")
    done_at: float = Field(description="The picture was stored.")


class Done(Wire):
    """The picture is drawn and stored, in so many `bytes`. `simulated` says that no model drew it.

    `look` is alike in pictures that look alike (see `worker/look`); `panels` says that it is a collage of several. None where nobody looked.
    `gpu_s` is what this attempt took of its device, in seconds: pictures that are drawn side by side share the time.
    """

    type: Literal["done"] = "done"
    blob: BlobId
    media_type: str
    width_px: int
    height_px: int
    seed: int
    steps: int
    model: str
    worker: str
    simulated: bool = False
    look: str | None = Field(default=None, pattern=r"^[0-9a-f]{160}$")
    panels: bool = False
    timings: Timings
    bytes: int | None = None
    gpu_s: float | None = None


class Failed(Wire):
    """The picture will not come. The code of another release is one like any other: it is told as it is. `gpu_s` as in `Done`."""

    type: Literal["failed"] = "failed"
    code: FailureCode | str
    gpu_s: float | None = None


class Cancelled(Wire):
    """The response was cancelled before the picture was done. `gpu_s` as in `Done`."""

    type: Literal["cancelled"] = "cancelled"
    gpu_s: float | None = None


JobEvent = Annotated[Started | Progress | Preview | Done | Failed | Cancelled, Field(discriminator="type")]


class Address(Wire):
    """Of a job that cannot be read: whom to tell."""

    id: str
    response: str
    slot: int
    reply_to: str


class Reply(Wire):
    """One event of one attempt at one job; attempts count from 1."""

    job: str
    response: str
    slot: int
    attempt: int
    event: JobEvent


class Limits(Wire):
    """What a model can draw; requests are checked against it before they are accepted.

    `sizes` lists the only sizes allowed (width, height in pixels), the default first; empty means any multiple of `multiple_px`
    with both sides in [`least_side_px`, `most_side_px`]. Where `least_steps` is `most_steps`, a picture takes that many and no others.
    """

    sizes: tuple[tuple[int, int], ...] = Field(default=(), description="The only sizes, the default first.")
    multiple_px: int = Field(default=16, description="Sides are multiples of it.")
    least_side_px: int = Field(default=64, description="The shortest side.")
    most_side_px: int = Field(default=2048, description="The longest side.")
    default_size: tuple[int, int] = Field(description="Drawn where no size is asked for.")
    most_references: int = Field(ge=0, description="Images that may guide a picture.")
    default_steps: int = Field(ge=1, description="Denoising steps that the model takes by itself.")
    least_steps: int = Field(default=1, ge=1, description="The fewest it may be asked for.")
    most_steps: int = Field(ge=1, description="The most.")
    adapters: tuple[str, ...] = Field(
        default=(), description="Names of the LoRA weights it may be drawn with."
    )
    cites: str | None = Field(
        default=None,
        pattern=r"^[^{}]*\{number\}[^{}]*$",
        max_length=40,
        description="How descriptions cite an image that guides them, with `{number}`; null where the model knows no such words.",
    )


class WorkerInfo(Wire):
    """A worker's heartbeat. `holds` are the references whose work it has cached, most recent first; `picture_s` is how long a picture
    occupied it lately, in seconds, None before the first.
    """

    # Read by gateways that may be older than the worker.
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    pool: str
    model: str
    device: str
    simulated: bool
    slots: int
    active: int
    draining: bool
    holds: tuple[BlobId, ...] = ()
    picture_s: float | None = None
    takes_turns: bool = False
    limits: Limits
