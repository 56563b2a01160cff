from __future__ import annotations

import base64

from gateway.answer.plan import MOST_VIEWS, plan_request
from gateway.answer.request import KnownPicture
from planner_service.wire import ImagePart, Message, PicturePart, PlannerModel, TextPart
from tests.fakes import FakeBlobs, ask, blob

SEES = PlannerModel(name="sees", sees_images=True, max_prompt_tokens=9)
READS = PlannerModel(name="reads", sees_images=False, max_prompt_tokens=9)

CONVERSATION = (
    Message(role="user", content=(TextPart(text="Draw it."), ImagePart(id="in1", description="a fox"))),
    Message(role="assistant", content=(PicturePart(id="img1", description="a fox at sea"),)),
)
PICTURES = tuple(KnownPicture(name, blob(name)) for name in ("in1", "img1"))
REQUEST = ask(messages=CONVERSATION, pictures=PICTURES)
STORED = FakeBlobs(in1=base64.b64encode(b"user's"), img1=base64.b64encode(b"drawn"))


async def test_a_planner_that_sees_gets_the_pixels_of_every_image_in_order():
    plan = await plan_request(REQUEST, SEES, STORED)
    shown = [part for message in plan.messages for part in message.content if not isinstance(part, TextPart)]
    assert [(part.id, base64.b64decode(part.data or "")) for part in shown] == [
        ("in1", b"user's"),
        ("img1", b"drawn"),
    ]


async def test_a_planner_that_reads_gets_names_and_descriptions_only():
    assert (await plan_request(REQUEST, READS, STORED)).messages == CONVERSATION


async def test_an_image_that_is_gone_is_still_named():
    plan = await plan_request(REQUEST, SEES, FakeBlobs())
    assert plan.messages == CONVERSATION


async def test_the_request_reaches_the_planner_as_it_was_made():
    plan = await plan_request(
        ask(mode="interleaved", least_images=2, most_images=3, temperature=0.5, seed=9), READS, STORED
    )
    assert (plan.mode, plan.least_images, plan.most_images) == ("interleaved", 2, 3)
    assert (plan.temperature, plan.seed, plan.sizes) == (0.5, 9, ("64x48", "128x64"))


async def test_of_many_images_a_planner_is_shown_the_latest():
    names = [f"in{number}" for number in range(1, MOST_VIEWS + 5)]
    said = Message(role="user", content=tuple(ImagePart(id=name) for name in names))
    request = ask(messages=(said,), pictures=tuple(KnownPicture(name, blob(name)) for name in names))
    plan = await plan_request(request, SEES, FakeBlobs(**dict.fromkeys(names, b"aGk=")))
    shown = [part.id for part in plan.messages[0].content if isinstance(part, ImagePart) and part.data]
    assert shown == names[-MOST_VIEWS:]
