from __future__ import annotations

import base64
import json

import httpx
import pytest

from bench.answers.answer import Answer, Picture, Text
from bench.answers.systems.redrawing import POLICIES, Redrawing
from bench.answers.systems.system import Conversation, System
from tests.unit.bench.answers.vendors import PNG, Vendor, plain

NAMES = tuple(f"img{number}" for number in range(1, 7))


class Planned:
    """Answers with a plan of six pictures, each of which refers to the one before it."""

    system = System(name="ours", url="http://vendor.test", model="m")

    async def ask(self, said: Conversation) -> Answer:
        parts: list[Text | Picture] = []
        for before, name in zip((None, *NAMES), NAMES, strict=False):
            references = (before,) if before else ()
            parts += [
                Text(name),
                Picture(b"old", name, f"shows {name}", references, size="64x64", drawing_s=1.0),
            ]
        return Answer(tuple(parts), "completed", whole_s=9.0)


def drawn(data: bytes) -> httpx.Response:
    return httpx.Response(200, json={"data": [{"b64_json": base64.b64encode(data).decode()}]})


async def redrawn(policy: str, *replies: httpx.Response) -> tuple[Answer, Vendor]:
    vendor = Vendor(*replies)
    async with httpx.AsyncClient(transport=httpx.MockTransport(vendor)) as http:
        return await Redrawing(Planned(), http, policy, most=4).ask(plain(seed=2)), vendor


@pytest.mark.parametrize(
    ("policy", "last"),
    [
        ("none", ()),
        ("anchor", ("img1",)),
        ("all", ("img1", "img2", "img3", "img4")),
        ("nearest 4", ("img2", "img3", "img4", "img5")),
        ("planner", ("img5",)),
    ],
)
async def test_a_policy_chooses_what_guides_the_last_picture(policy: str, last: tuple[str, ...]) -> None:
    answer, vendor = await redrawn(policy, drawn(PNG))
    assert policy in POLICIES
    assert answer.pictures[-1].references == last
    assert len(vendor.body.get("images", [])) == len(last)
    assert str(vendor.requests[-1].url).endswith("/v1/images/edits" if last else "/v1/images/generations")
    assert (vendor.body["prompt"], vendor.body["planner"], vendor.body["size"]) == (
        "shows img6",
        False,
        "64x64",
    )


async def test_all_policies_draw_with_the_same_seeds() -> None:
    seeds = []
    for policy in POLICIES:
        _, vendor = await redrawn(policy, drawn(PNG))
        seeds.append([json.loads(request.content)["seed"] for request in vendor.requests])
    assert all(one == seeds[0] for one in seeds)
    assert len(set(seeds[0])) == 6


async def test_a_picture_that_cannot_be_drawn_anew_guides_no_other_and_ends_nothing() -> None:
    answer, _ = await redrawn("anchor", httpx.Response(500), drawn(PNG))
    assert [picture.data for picture in answer.pictures] == [None] + [PNG] * 5
    assert "500" in (answer.pictures[0].failure or "")
    assert answer.pictures[-1].references == ("img2",)


async def test_what_was_measured_of_the_first_drawing_is_not_said_of_the_second() -> None:
    answer, _ = await redrawn("none", drawn(PNG))
    assert (answer.whole_s, answer.pictures[0].drawing_s) == (None, None)
