"""Stories of others, made one's own to be gone on from."""

import asyncio

import pytest

from gateway.examples.stories import ALL
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway, png

pytestmark = pytest.mark.integration

KEYS = {"theirs": "acme", "mine": "globex"}
THEIRS, MINE = ({"authorization": f"Bearer {key}"} for key in KEYS)


@pytest.fixture
def planner():
    return Planner(*STORY)


@pytest.fixture
async def http(redis, planner):
    async with gateway(redis, planner, Pool(redis), api_keys=KEYS) as app, client(app) as http:
        yield http


async def told(http, **fields):
    sent = {"input": "A tale", "delivery": "url"} | fields
    return (await http.post("/v1/responses", json=sent, headers=THEIRS)).json()


async def shared(http, answer, **body):
    path = f"/v1/responses/{answer['id']}/share"
    return (await http.post(path, json=body, headers=THEIRS)).json()["id"]


async def copied(http, share):
    copy = await http.post(f"/v1/shares/{share}/copy", headers=MINE)
    assert copy.status_code == 200, copy.text
    last = (await http.get(f"/v1/responses/{copy.json()['response_id']}", headers=MINE)).json()
    first = await http.get(f"/v1/responses/{last['previous_response_id']}", headers=MINE)
    return (first.json(), last) if first.is_success else (last,)


async def bytes_of(http, item, headers):
    answer = await http.get(f"/v1/files/{item['file_id']}/content", headers=headers)
    assert answer.status_code == 200
    return answer.content


async def test_a_shared_story_is_copied_with_its_pictures_and_gone_on_from_by_somebody_else(http, planner):
    first = await told(http)
    last = await told(http, input="And then?", previous_response_id=first["id"])
    copy = await copied(http, await shared(http, last))

    for theirs, mine in zip((first, last), copy, strict=True):
        assert mine["id"] != theirs["id"]
        assert [item["type"] for item in mine["output"]] == [item["type"] for item in theirs["output"]]
        assert mine["output"][0]["content"][0]["text"] == "Once. A fox."
        assert await bytes_of(http, mine["output"][1], MINE) == await bytes_of(
            http, theirs["output"][1], THEIRS
        )
    await http.delete(f"/v1/responses/{first['id']}", headers=THEIRS)
    assert await bytes_of(http, copy[0]["output"][1], MINE)

    onward = {"input": "And the next day?", "previous_response_id": copy[1]["id"]}
    answer = await http.post("/v1/responses", json=onward, headers=MINE)
    assert answer.json()["status"] == "completed"
    said = [
        part.text for message in planner.asked[-1].messages for part in message.content if part.type == "text"
    ]
    assert [text for text in said if text in ("A tale", "And then?", "And the next day?")] == [
        "A tale",
        "And then?",
        "And the next day?",
    ]
    listed = (await http.get("/v1/responses", headers=MINE)).json()["data"]
    assert [one["title"] for one in listed] == ["And the next day?", "And then?", "A tale"]


async def test_a_copy_tells_nothing_that_the_shared_page_does_not(http, planner):
    private = {"purpose": "vision"}
    sent = await http.post(
        "/v1/files", data=private, files={"file": ("me.png", png(9), "image/png")}, headers=THEIRS
    )
    image = {"type": "input_image", "file_id": sent.json()["id"], "description": "a cat of mine"}
    asked = [{"role": "user", "content": [image, {"type": "input_text", "text": "A tale"}]}]
    secret = {"instructions": "Never tell.", "metadata": {"who": "me"}, "references": ["in1"]}
    share = await shared(http, await told(http, input=asked, **secret))
    (copy,) = await copied(http, share)

    items = (await http.get(f"/v1/responses/{copy['id']}/input_items", headers=MINE)).text
    assert "Never tell." not in str(copy) + items
    assert copy["metadata"] == {}
    assert "a cat of mine" in items
    assert '"picture"' not in items
    assert copy["output"][1]["references"] == []
    refused = {"input": "Draw it", "previous_response_id": copy["id"], "references": ["in1"]}
    answer = await http.post("/v1/responses", json=refused, headers=MINE)
    assert answer.status_code == 400

    onward = {"input": "And then?", "previous_response_id": copy["id"]}
    await http.post("/v1/responses", json=onward, headers=MINE)
    assert "Never tell." not in str(planner.asked[-1].messages)


async def test_the_versions_that_were_chosen_are_the_copys_own_pictures(http):
    story = await told(http)
    other = (await told(http))["output"][3]
    (copy,) = await copied(
        http, await shared(http, story, versions={story["id"]: {"img1": other["file_id"]}})
    )

    assert await bytes_of(http, copy["output"][1], MINE) == await bytes_of(http, other, THEIRS)


async def test_a_story_that_is_being_made_is_copied_when_it_is_complete(http, planner):
    goes_on = asyncio.Event()
    planner.script = Planner(*STORY[:2], goes_on, *STORY[2:]).script
    story = await told(http, background=True)
    share = await shared(http, story)
    early = await http.post(f"/v1/shares/{share}/copy", headers=MINE)
    goes_on.set()
    async with asyncio.timeout(20):
        await http.get(f"/v1/responses/{story['id']}?stream=true", headers=THEIRS)

    assert (early.status_code, early.json()["error"]["param"]) == (400, "share")
    (copy,) = await copied(http, share)
    assert copy["status"] == "completed"


async def test_what_is_not_shared_is_not_copied(http):
    story = await told(http)
    share = await shared(http, story)
    assert (await http.post(f"/v1/shares/{share}/copy")).status_code == 401
    await http.delete(f"/v1/responses/{story['id']}/share", headers=THEIRS)

    for gone in (share, story["id"]):
        assert (await http.post(f"/v1/shares/{gone}/copy", headers=MINE)).status_code == 404


async def test_every_example_opens_at_once_whole_and_is_gone_on_from(http):
    listed = (await http.get("/v1/examples", headers=MINE)).json()["data"]
    assert [one["name"] for one in listed] == list(ALL)
    assert len(listed) >= 2
    for example in listed:
        assert (await http.get(f"/{example['cover']}")).headers["content-type"] == "image/webp"
        copy = await http.post(f"/v1/examples/{example['name']}/copy", headers=MINE)
        id = copy.json()["response_id"]
        answer = (await http.get(f"/v1/responses/{id}", headers=MINE)).json()
        assert answer["status"] == "completed"
        pictures = [item for item in answer["output"] if item["type"] == "image_generation_call"]
        assert pictures
        for picture in pictures:
            assert picture["simulated"] is False
            assert (await bytes_of(http, picture, MINE)).startswith(b"RIFF")
        onward = {"input": "And then?", "previous_response_id": id}
        went_on = await http.post("/v1/responses", json=onward, headers=MINE)
        assert went_on.json()["status"] == "completed"

    assert (await http.post("/v1/examples/nothing/copy", headers=MINE)).status_code == 404


def test_examples_are_small():
    assert sum(len(data) for one in ALL.values() for data, _ in one.pictures.values()) < 200_000


async def test_a_copy_that_cannot_be_kept_leaves_nothing_behind(redis, planner):
    served = gateway(redis, planner, Pool(redis), api_keys=KEYS, tenant_limits={"bytes_kept": 1200})
    async with served as app, client(app) as http:
        first = await told(http)
        share = await shared(http, await told(http, previous_response_id=first["id"], size="128x64"))
        for shade in (70, 71, 90):
            await http.post("/v1/files", files={"file": ("a.png", png(shade), "image/png")}, headers=MINE)
        before = await redis.hget("kept:{globex}:bytes", "")
        paths = (f"/v1/shares/{share}/copy", f"/v1/examples/{next(iter(ALL))}/copy")
        refused = [await http.post(path, headers=MINE) for path in paths for _ in range(2)]
        listed = (await http.get("/v1/responses", headers=MINE)).json()["data"]

    assert [answer.json()["error"]["code"] for answer in refused] == ["bytes_kept"] * 4
    assert listed == []
    assert await redis.hget("kept:{globex}:bytes", "") == before


async def test_a_copy_that_breaks_off_is_given_back(redis, planner, monkeypatch):
    async with gateway(redis, planner, Pool(redis), api_keys=KEYS) as app, client(app) as http:
        first = await told(http)
        share = await shared(http, await told(http, previous_response_id=first["id"], size="128x64"))
        history, added = app.state.container.intake.history, []
        add = history.add

        async def add_one(request, events):
            if added:
                raise OSError("gone")
            added.append(request.id)
            await add(request, events)

        monkeypatch.setattr(history, "add", add_one)
        broken = await http.post(f"/v1/shares/{share}/copy", headers=MINE)
        listed = (await http.get("/v1/responses", headers=MINE)).json()["data"]

    assert broken.status_code == 503
    assert listed == []
    assert await redis.hget("kept:{globex}:bytes", "") == b"0"
