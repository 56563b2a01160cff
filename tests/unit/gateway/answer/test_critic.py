"""A critic looks at each picture before it is shown: what is wrong is drawn again, and no critic ever costs a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.answer.plan import plan_request
from gateway.answer.request import Request
from gateway.answer.stitch import stitch
from gateway.answer.stitching.judging import CRITIC_S, Shown, Verdict
from gateway.answer.stitching.state import Start
from gateway.answer.timeline import timeline
from tests.fakes import (
    LIMITS,
    PLAN_DONE,
    FakeBlobs,
    FakePool,
    ScriptedPlanner,
    ask,
    blob,
    done,
    failed,
    says,
    slot,
)
from tests.unit.gateway.answer.stitching import now, pictures
from tests.virtual_time import in_virtual_time
from visualizer_service.wire import Job

GOOD = Verdict(good=True, score=9)
BAD = Verdict(good=False, wrong="It is a dog.", better_description="a red fox, not a dog", score=2)
LOOK = "0" * 160


class ScriptedCritic:
    """Says what its script says, in turn; an exception is raised, None is waited for without end."""

    def __init__(self, *script: Verdict | Exception | None) -> None:
        self.script = list(script)
        self.shown: list[Shown] = []

    async def judge(self, shown: Shown) -> Verdict:
        self.shown.append(shown)
        match self.script.pop(0):
            case Verdict() as verdict:
                return verdict
            case Exception() as error:
                raise error
            case None:
                return await asyncio.get_running_loop().create_future()


class Looks(FakePool):
    """Draws pictures that all look the same until `later`, or as many collages first."""

    def __init__(self, *looks: dict[str, Any]) -> None:
        super().__init__()
        self.looks = list(looks)

    async def paint(self, job: Job) -> None:
        look = self.looks.pop(0) if self.looks else {}
        self.say(job, done(job).model_copy(update=look))


async def judged(
    critic: ScriptedCritic | None,
    pool: FakePool,
    script: Sequence[Any] = (says("Once."), slot(0), PLAN_DONE),
    request: Request | None = None,
    begun: Sequence[GatewayEvent] = (),
) -> list[GatewayEvent]:
    request = request or ask(feedback="critic")
    planner = ScriptedPlanner(*script)
    plan = await plan_request(request, await planner.model(), FakeBlobs())
    start = Start(fold(begun))
    events = stitch(request, plan, planner, pool, LIMITS, now, start, critic=critic)
    return [*begun, *[event async for event in events]]


@in_virtual_time
async def test_a_good_picture_is_shown_with_what_the_critic_said():
    critic = ScriptedCritic(GOOD)
    (picture,) = pictures(await judged(critic, pool := FakePool()))
    assert (picture.state, picture.blob) == ("done", blob(pool.jobs[0].id))
    assert [(draft.good, draft.score) for draft in picture.drafts] == [(True, 9)]
    assert critic.shown == [Shown(blob(pool.jobs[0].id), "picture 0")]


@in_virtual_time
async def test_a_wrong_picture_is_drawn_again_from_the_better_description_with_another_seed():
    pool = FakePool()
    events = await judged(ScriptedCritic(BAD, GOOD), pool)
    first, second = pool.jobs
    (picture,) = pictures(events)
    assert (first.description, second.description) == ("picture 0", "a red fox, not a dog")
    assert first.seed != second.seed
    assert first.id != second.id
    assert (picture.blob, picture.description, picture.seed) == (
        blob(second.id),
        second.description,
        second.seed,
    )
    assert [(draft.description, draft.wrong) for draft in picture.drafts] == [
        ("picture 0", "It is a dog."),
        ("a red fox, not a dog", None),
    ]
    assert [event.type for event in events if isinstance(event, ev.PictureDone)] == ["picture_done"]


@in_virtual_time
async def test_the_better_of_two_wrong_pictures_is_shown():
    worse = Verdict(good=False, wrong="It is nothing.", score=1)
    (picture,) = pictures(await judged(ScriptedCritic(BAD, worse), pool := FakePool()))
    assert (picture.blob, picture.description) == (blob(pool.jobs[0].id), "picture 0")
    assert picture.planned_description == "picture 0"
    assert len(picture.drafts) == 2


@in_virtual_time
async def test_nothing_is_drawn_again_more_often_than_asked():
    for most in (0, 1, 3):
        pool = FakePool()
        await judged(ScriptedCritic(*[BAD] * 9), pool, request=ask(feedback="critic", most_redraws=most))
        assert len(pool.jobs) == 1 + most
        assert len({job.seed for job in pool.jobs}) == 1 + most


@in_virtual_time
async def test_where_a_critic_is_down_the_picture_stands_and_that_is_said():
    (picture,) = pictures(await judged(ScriptedCritic(ConnectionError("down")), FakePool()))
    assert (picture.state, picture.drafts[0].good) == ("done", None)
    assert picture.drafts[0].wrong == "The critic could not be heard."


@in_virtual_time
async def test_a_slow_critic_is_waited_for_so_long_and_the_timeline_tells_it():
    document = fold(await judged(ScriptedCritic(None), FakePool()))
    assert document.state == "completed"
    assert document.pictures[0].drafts[0].wrong == f"The critic did not answer within {CRITIC_S:g} s."
    assert timeline(document).slots[0].judged_s == CRITIC_S


@in_virtual_time
async def test_a_picture_that_cannot_be_drawn_better_stands_as_it_was_first():
    pool = FakePool(draws=False)

    async def draw() -> None:
        await pool.submitted.wait()
        pool.submitted.clear()
        pool.say(pool.jobs[0], done(pool.jobs[0]))
        await pool.submitted.wait()
        pool.say(pool.jobs[1], failed("no_memory"))

    drawing = asyncio.create_task(draw())
    (picture,) = pictures(await judged(ScriptedCritic(BAD), pool))
    await drawing
    assert (picture.state, picture.blob) == ("done", blob(pool.jobs[0].id))


@in_virtual_time
async def test_a_picture_that_refers_to_one_that_is_judged_waits_for_the_better_one():
    pool = FakePool()
    script = (slot(0), slot(1, "img1"), PLAN_DONE)
    await judged(ScriptedCritic(BAD, GOOD, GOOD), pool, script)
    assert [job.slot for job in pool.jobs] == [0, 0, 1]
    assert pool.jobs[2].references == (blob(pool.jobs[1].id),)


@in_virtual_time
async def test_a_critic_sees_the_references_by_their_names():
    critic = ScriptedCritic(GOOD)
    await judged(critic, FakePool(), (slot(0, "in1"), PLAN_DONE), ask(feedback="critic", known=("in1",)))
    assert critic.shown[0].references == (("in1", blob("in1")),)


@in_virtual_time
async def test_a_picture_that_repeats_another_is_drawn_again_without_asking():
    pool, critic = Looks({"look": LOOK}, {"look": LOOK}, {"look": "f" * 160}), ScriptedCritic(GOOD, GOOD)
    first, second = pictures(await judged(critic, pool, (slot(0), slot(1, "img1"), PLAN_DONE)))
    assert [job.slot for job in pool.jobs] == [0, 1, 1]
    assert [draft.wrong for draft in second.drafts] == ["It is the same picture as img1.", None]
    assert (first.flaws, second.flaws) == ((), ())
    assert len(critic.shown) == 2


@in_virtual_time
async def test_without_a_critic_what_is_wrong_at_a_glance_is_told():
    pool = Looks({"look": LOOK}, {"look": LOOK, "panels": True})
    script = (slot(0), slot(1, "img1"), PLAN_DONE)
    first, second = pictures(await judged(None, pool, script, ask()))
    assert first.flaws == ()
    assert second.flaws == (ev.Flaw(code="collage"), ev.Flaw(code="repeated", like="img1"))
    assert len(pool.jobs) == 2


@in_virtual_time
async def test_placeholders_repeat_nothing():
    pool = Looks(*[{"look": LOOK, "simulated": True}] * 2)
    assert [
        one.flaws for one in pictures(await judged(None, pool, (slot(0), slot(1), PLAN_DONE), ask()))
    ] == [(), ()]


@in_virtual_time
async def test_whoever_goes_on_knows_what_was_judged():
    whole = await judged(ScriptedCritic(BAD, GOOD), FakePool())
    place = next(n for n, event in enumerate(whole) if isinstance(event, ev.PictureRedrawn))
    for cut in range(place, place + 3):
        pool = FakePool()
        (picture,) = pictures(await judged(ScriptedCritic(GOOD, GOOD), pool, begun=whole[: cut + 1]))
        assert picture.state == "done"
        assert pool.jobs[-1].description == "a red fox, not a dog"
        assert [draft.good for draft in picture.drafts] == [False, True]
        assert list(fold(whole).pictures) == [picture]
