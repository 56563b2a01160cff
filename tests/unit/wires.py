"""A value or more of everything that our services write for each other, with every field said."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from gateway.answer import events as ev
from gateway.answer.request import DrawOptions, KnownPicture, Request, Sampling, Warned
from gateway.answer.signer import Signer
from gateway.store.files import File, Record
from gateway.store.values import REQUEST
from planner_service import wire as plan
from visualizer_service import wire as viz

BLOB, OTHER_BLOB = "a" * 64, "b" * 64
TIMINGS = viz.Timings(queued_at=10, claimed_at=11, started_at=12, done_at=15)
FIGURE = plan.Figure(name="Fox", looks="a small red fox")
USAGE = plan.PlanUsage(input_tokens=7, cached_tokens=3, output_tokens=11, reasoning_tokens=2)
PICTURE = plan.PicturePart(id="img1", description="a fox", references=("in1",), size="64x48", data="aGVsbG8=")
IMAGE = plan.ImagePart(id="in1", description="a photograph", data="aGVsbG8=")
LIMITS = viz.Limits(
    sizes=((64, 48),),
    multiple_px=8,
    least_side_px=32,
    most_side_px=128,
    default_size=(64, 48),
    most_references=4,
    default_steps=4,
    least_steps=2,
    most_steps=8,
    adapters=("pencil",),
    cites="Image {number}",
)
JOB = viz.Job(
    id="resp_1-0-0123456789ab",
    response="resp_1",
    slot=0,
    description="a fox",
    references=(BLOB,),
    width_px=64,
    height_px=48,
    seed=7,
    steps=4,
    adapter="pencil",
    previews=2,
    output_format="webp",
    output_compression=80,
    job_class="batch",
    tenant="acme",
    queued_at=10,
    deadline=130,
    reply_to="gw_1",
    traceparent=f"00-{'1' * 32}-{'2' * 16}-01",
)
DONE = viz.Done(
    blob=BLOB,
    media_type="image/webp",
    width_px=64,
    height_px=48,
    seed=7,
    steps=4,
    model="m",
    worker="w",
    simulated=True,
    look="a" * 160,
    panels=True,
    timings=TIMINGS,
)
JOB_EVENTS: list[viz.JobEvent] = [
    viz.Started(worker="w", at=12),
    viz.Progress(step=1, of=4),
    viz.Preview(index=0, blob=OTHER_BLOB),
    DONE,
    viz.Failed(code="no_memory"),
    viz.Cancelled(),
]
WORKER = viz.WorkerInfo(
    id="w",
    pool="default",
    model="m",
    device="cpu",
    simulated=True,
    slots=4,
    active=1,
    draining=True,
    holds=(BLOB,),
    picture_s=1.5,
    limits=LIMITS,
)
ASKED = Request(
    id="resp_1",
    created_at=9,
    model="storybook",
    messages=(
        plan.Message(role="system", content=(plan.TextPart(text="Be brief."),)),
        plan.Message(role="user", content=(plan.TextPart(text="A fox."), IMAGE)),
        plan.Message(role="assistant", content=(PICTURE,)),
    ),
    draw=DrawOptions(
        width_px=64,
        height_px=48,
        seed=7,
        job_timeout_s=120,
        forced_references=("in1",),
        reference_policy="none",
        previews=2,
        output_format="webp",
        output_compression=80,
        quality="high",
        steps=4,
        adapter="pencil",
        job_class="batch",
    ),
    most_images=8,
    max_output_tokens=1024,
    tenant="acme",
    mode="interleaved",
    least_images=1,
    sizes=("64x48",),
    pictures=(KnownPicture("in1", BLOB, "a photograph"), KnownPicture("img1", OTHER_BLOB)),
    drawn_before=1,
    temperature=0.5,
    top_p=0.9,
    delivery="url",
    background=True,
    store=False,
    planned=False,
    previous_response_id="resp_0",
    instructions="Be brief.",
    metadata={"for": "Ada"},
    signer=Signer("key", 99),
    base_url="https://weaver.example",
    sampling=Sampling(5, 0.1, 0.2, 0.3, 1.1, {17: -1.0}, ("END",), thinking=True),
    cast=(FIGURE,),
    style="ink",
    thoughts="as_summary",
    feedback="critic",
    most_redraws=2,
    warnings=(Warned("user", "ignored"),),
)
SENT = File(
    id="file-1", bytes=9, created_at=10, expires_at=99, filename="a.png", purpose="vision", status="processed"
)
PLANNED = plan.PlanRequest(
    id="resp_1",
    messages=ASKED.messages,
    mode="interleaved",
    least_images=1,
    most_images=3,
    sizes=("64x48",),
    drawn_before=1,
    max_output_tokens=100,
    temperature=0.5,
    top_p=0.9,
    seed=7,
    top_k=5,
    min_p=0.1,
    presence_penalty=0.2,
    frequency_penalty=0.3,
    repetition_penalty=1.1,
    logit_bias={17: -1.0},
    stop=("END",),
    written=(plan.TextPart(text="Once."), PICTURE),
    pauses=True,
    preamble=True,
    cast=(FIGURE,),
    style="ink",
    thinking=True,
)
PLAN: list[plan.PlanEvent] = [
    plan.ReasoningDelta(text="Hm."),
    plan.CastTold(figures=(FIGURE,), style="ink"),
    plan.TextDelta(text="Once."),
    plan.SlotOpen(index=0),
    plan.Slot(index=0, description="a fox", references=("in1",), size="64x48"),
    plan.PlanDone(finish_reason="picture", usage=USAGE),
    plan.PlanFailed(code="deadline", message="It took too long."),
]
LEDGER: list[ev.GatewayEvent] = [
    ev.ResponseStarted(at=10),
    ev.PlanStarted(at=10),
    ev.TextStarted(at=11, item=0),
    ev.TextDelta(at=11, item=0, text="Once."),
    ev.TextDone(at=11, item=0, text="Once."),
    ev.ThoughtStarted(at=11, item=1),
    ev.ThoughtDelta(at=11, item=1, text="Hm."),
    ev.ThoughtDone(at=11, item=1, text="Hm."),
    ev.CastTold(at=11, figures=(FIGURE,), style="ink"),
    ev.PictureOpened(at=12, item=1, slot=0, id="img2"),
    ev.PictureDescribed(
        at=12, item=1, description="a fox", width_px=64, height_px=48, seed=7, wanted=("in1",)
    ),
    ev.PictureQueued(
        at=12,
        item=1,
        references=(ev.ReferenceUsed(id="in1", blob=BLOB, chosen_by="planner"),),
        missing=("img9",),
    ),
    ev.PictureStarted(at=13, item=1, attempt=1, worker="w"),
    ev.PictureProgress(at=13, item=1, step=1, of=4),
    ev.PicturePreview(at=13, item=1, index=0, blob=OTHER_BLOB),
    ev.PlanPaused(at=14),
    ev.PlanResumed(at=15),
    ev.PictureJudged(
        at=15,
        item=1,
        draft=ev.Draft(
            description="a fox",
            drawn=DONE,
            flaws=(ev.Flaw(code="repeated", like="img1"),),
            good=False,
            wrong="It is a dog.",
            score=2,
            took_s=1,
        ),
    ),
    ev.PictureRedrawn(at=15, item=1, description="a red fox", seed=71),
    ev.PictureDone(
        at=15, item=1, flaws=(ev.Flaw(code="collage"),), **DONE.model_dump(exclude={"type", "seed"})
    ),
    ev.PictureFailed(at=15, item=2, code="deadline", message="Too late."),
    ev.PictureCancelled(at=15, item=3),
    ev.PlanEnded(at=16, finish_reason="length", usage=USAGE),
    ev.ResponseCompleted(at=17),
    ev.ResponseIncomplete(at=17),
    ev.ResponseFailed(at=17, code="gateway_lost", message="Lost."),
    ev.ResponseCancelled(at=17),
]

WIRES: dict[str, tuple[TypeAdapter[Any], list[Any]]] = {
    "job": (TypeAdapter(viz.Job), [JOB]),
    "reply": (
        TypeAdapter(viz.Reply),
        [viz.Reply(job=JOB.id, response="resp_1", slot=0, attempt=2, event=event) for event in JOB_EVENTS],
    ),
    "worker": (TypeAdapter(viz.WorkerInfo), [WORKER]),
    "request": (REQUEST, [ASKED]),
    "ledger": (ev.GATEWAY_EVENT, LEDGER),
    "file": (
        TypeAdapter(Record),
        [Record(file=SENT, tenant="acme", blob=BLOB)],
    ),
    "plan_request": (TypeAdapter(plan.PlanRequest), [PLANNED]),
    "plan_event": (plan.PLAN_EVENT, PLAN),
    "planner_model": (
        TypeAdapter(plan.PlannerModel),
        [
            plan.PlannerModel(
                name="p",
                sees_images=True,
                max_prompt_tokens=100,
                about=plan.About(text="Foxes only.", ideas=("A fox",)),
            )
        ],
    ),
    "plan_refusal": (
        TypeAdapter(plan.Refusal),
        [plan.Refusal(code="prompt_too_long", message="It is too long.")],
    ),
}
"""By name: how it is read and written, and values."""
