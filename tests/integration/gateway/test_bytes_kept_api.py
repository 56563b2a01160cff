"""What counts as kept by a tenant: each image once, for as long as anything of the tenant's refers to it, whoever else has the same."""

from __future__ import annotations

import time

import pytest

from tests.fakes import PLAN_DONE, says
from tests.integration.gateway.gateway_app import client, gateway, png

pytestmark = pytest.mark.integration

KEYS = {"theirs": "acme", "mine": "zeta"}
THEIRS, MINE = ({"authorization": f"Bearer {key}"} for key in KEYS)
ASK = {"input": "A story", "delivery": "url"}


@pytest.fixture
async def http(redis, planner, pool):
    async with gateway(redis, planner, pool, api_keys=KEYS) as app, client(app) as http:
        yield http


@pytest.fixture
def kept(redis):
    """The bytes that a tenant keeps, as they are counted."""

    async def kept(tenant: str) -> int:
        return int(await redis.hget(f"kept:{{{tenant}}}:bytes", "") or 0)

    return kept


async def sent(http, headers, shade=9):
    file = {"file": ("a.png", png(shade), "image/png")}
    answer = await http.post("/v1/files", files=file, headers=headers)
    return answer.json()


async def test_a_file_is_given_back_though_somebody_else_sent_the_same(http, kept):
    theirs, mine = await sent(http, THEIRS), await sent(http, MINE)
    await http.delete(f"/v1/files/{theirs['id']}", headers=THEIRS)
    after_theirs = await kept("acme"), await kept("zeta")
    await http.delete(f"/v1/files/{mine['id']}", headers=MINE)

    assert after_theirs == (0, mine["bytes"])
    assert await kept("zeta") == 0


async def test_a_copied_story_is_given_back_by_whoever_deletes_it(http, kept):
    story = (await http.post("/v1/responses", json=ASK, headers=THEIRS)).json()
    share = (await http.post(f"/v1/responses/{story['id']}/share", headers=THEIRS)).json()["id"]
    copies = [
        (await http.post(f"/v1/shares/{share}/copy", headers=MINE)).json()["response_id"] for _ in range(2)
    ]
    copied = await kept("zeta")
    left = []
    for id in copies:
        await http.delete(f"/v1/responses/{id}", headers=MINE)
        left.append(await kept("zeta"))

    assert copied > 0
    assert left == [copied, 0]


async def test_what_was_sent_for_an_answer_counts_until_the_answer_and_the_file_are_gone(http, kept, planner):
    planner.script = [says("Once."), PLAN_DONE]
    file = await sent(http, MINE)
    await sent(http, THEIRS)
    image = {"type": "input_image", "file_id": file["id"]}
    asked = {"input": [{"role": "user", "content": [image, {"type": "input_text", "text": "A story"}]}]}
    answer = (await http.post("/v1/responses", json=asked, headers=MINE)).json()
    await http.delete(f"/v1/files/{file['id']}", headers=MINE)
    used = await kept("zeta")
    await http.delete(f"/v1/responses/{answer['id']}", headers=MINE)

    assert (used, await kept("zeta")) == (file["bytes"], 0)


async def test_what_counted_before_owners_did_counts_until_its_time_is_up(http, kept, redis):
    old = await sent(http, MINE)
    (of_blob,) = await redis.keys("kept:{zeta}:of:*")
    await redis.delete(of_blob)
    await sent(http, THEIRS)
    new = await sent(http, MINE)
    await http.delete(f"/v1/files/{new['id']}", headers=MINE)
    with_old = await kept("zeta")
    (until,) = [until for _, until in await redis.zrange("kept:{zeta}", 0, -1, withscores=True)]

    assert with_old == old["bytes"]
    assert until > time.time() * 1000
    assert await redis.zrange(of_blob, 0, -1) == [b""]
