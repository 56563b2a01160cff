"""Stories that others may read by a link, without a key."""

import asyncio
import time

import pytest

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway
from tests.integration.queue.jobs import eventually

pytestmark = pytest.mark.integration

KEEP_S = 1.0


async def told(http, **fields):
    return (await http.post("/v1/responses", json={"input": "A tale"} | fields)).json()


async def test_what_is_shared_for_longer_is_kept_for_longer(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis), keep_s=KEEP_S) as app, client(app) as http:
        kept = await told(http)
        then = await told(http, previous_response_id=kept["id"])
        share = (await http.post(f"/v1/responses/{then['id']}/share?expires_in_s=3600")).json()
        other = await told(http)

        async def other_is_gone() -> bool:
            return (await http.get(f"/v1/responses/{other['id']}")).status_code == 404

        await eventually(other_is_gone)

        for answer in (kept, then):
            read = await http.get(f"/s/{share['id']}/v1/responses/{answer['id']}")
            assert read.json()["status"] == "completed"
            picture = answer["output"][1]["file_id"]
            assert (await http.get(f"/s/{share['id']}/v1/files/{picture}/content")).status_code == 200
            assert (await http.get(f"/v1/responses/{answer['id']}")).status_code == 200
        await http.delete(f"/v1/responses/{then['id']}")
        assert (await http.get(f"/s/{share['id']}/v1/responses/{then['id']}")).status_code == 404


async def test_a_share_lives_as_long_as_it_says_whatever_its_turns_and_versions_have_left(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis), keep_s=6) as app, client(app) as http:
        old, drawn_anew = await told(http), await told(http)
        await asyncio.sleep(3)
        new = await told(http)
        then = await told(http, previous_response_id=old["id"])
        version = drawn_anew["output"][1]["file_id"]
        chosen = {"versions": {new["id"]: {"img1": version}}}
        as_kept = [
            (await http.post(f"/v1/responses/{id}/share", json=body)).json()["expires_at"] - time.time()
            for id, body in ((new["id"], chosen), (then["id"], {}))
        ]
        longer = [
            (await http.post(f"/v1/responses/{id}/share?expires_in_s=5.5", json=body)).json()["id"]
            for id, body in ((new["id"], chosen), (then["id"], {}))
        ]
        await asyncio.sleep(3.2)
        read = [await http.get(f"/s/{share}/v1/story") for share in longer]
        turn = await http.get(f"/s/{longer[1]}/v1/responses/{old['id']}")
        picture = await http.get(f"/s/{longer[0]}/v1/files/{version}/content")

    assert all(left <= 3 for left in as_kept)
    assert [answer.status_code for answer in (*read, turn, picture)] == [200] * 4


async def test_what_is_kept_for_a_share_is_shared_again_for_as_long(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis), keep_s=KEEP_S) as app, client(app) as http:
        kept = await told(http)
        await http.post(f"/v1/responses/{kept['id']}/share?expires_in_s=3600")
        await asyncio.sleep(KEEP_S)
        then = await told(http, previous_response_id=kept["id"])
        again = (await http.post(f"/v1/responses/{kept['id']}/share")).json()
        onward = (await http.post(f"/v1/responses/{then['id']}/share?expires_in_s=1800")).json()

    assert again["expires_at"] > time.time() + 3000
    assert 1500 < onward["expires_at"] - time.time() < 1900


async def test_nothing_is_shared_for_longer_than_the_operator_lets(redis):
    limited = gateway(redis, Planner(*STORY), Pool(redis), keep_s=60, most_share_s=600)
    async with limited as app, client(app) as http:
        answer = await told(http)
        refused = await http.post(f"/v1/responses/{answer['id']}/share?expires_in_s=601")
        allowed = await http.post(f"/v1/responses/{answer['id']}/share?expires_in_s=600")

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "expires_in_s")
    assert "600 s at most" in refused.json()["error"]["message"]
    assert allowed.status_code == 200


async def test_a_story_that_is_being_made_is_shared_for_as_long_as_it_is_kept_and_longer_later(redis):
    goes_on = asyncio.Event()
    planner = Planner(*STORY[:2], goes_on, *STORY[2:])
    async with gateway(redis, planner, Pool(redis), keep_s=60) as app, client(app) as http:
        id = (await told(http, background=True))["id"]
        now = await http.post(f"/v1/responses/{id}/share")
        refused = await http.post(f"/v1/responses/{id}/share?expires_in_s=3600")
        goes_on.set()
        await app.state.container.follower.ended(id)
        later = await http.post(f"/v1/responses/{id}/share?expires_in_s=3600")

    assert now.status_code == later.status_code == 200
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "expires_in_s")


async def test_the_versions_that_were_chosen_are_shared_and_no_other_pictures(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        story, drawn_anew, private = [await told(http) for _ in range(3)]
        version = drawn_anew["output"][1]["file_id"]
        path = f"/v1/responses/{story['id']}/share"
        chosen = {"versions": {story["id"]: {"img1": version}}}
        share = (await http.post(path, json=chosen)).json()
        base = f"/s/{share['id']}/v1"

        shown = (await http.get(f"{base}/story")).json()["versions"][story["id"]]["img1"]
        assert (shown["file_id"], shown["width"]) == (version, drawn_anew["output"][1]["width"])
        assert (await http.get(f"{base}/files/{version}/content")).status_code == 200
        others = (drawn_anew["output"][3]["file_id"], private["output"][1]["file_id"])
        for other in others:
            assert (await http.get(f"{base}/files/{other}/content")).status_code == 404

        for wrong in ({"resp_x": {"img1": version}}, {story["id"]: {"img1": "file-nothing"}}):
            refused = await http.post(path, json={"versions": wrong})
            assert refused.status_code in (400, 404)
            assert refused.json()["error"]["param"] == "versions"
        names = ("words", "img", "img1x", "img12345", "img1\n", "img1" * 1000)
        many = {f"img{n}": version for n in range(201)}
        for of in (*({name: version} for name in names), many):
            refused = await http.post(path, json={"versions": {story["id"]: of}})
            assert refused.status_code == 400
            assert refused.json()["error"]["param"].startswith("versions.")


@pytest.mark.parametrize("seconds", ["0.0001", "0", "-1", "nan"])
async def test_nothing_is_shared_for_less_than_a_second(http, seconds):
    story = await told(http)
    refused = await http.post(f"/v1/responses/{story['id']}/share?expires_in_s={seconds}")

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "expires_in_s")


async def test_another_tenants_picture_is_no_version(redis):
    keys = {"mine": "acme", "theirs": "globex"}
    async with gateway(redis, Planner(*STORY), Pool(redis), api_keys=keys) as app:
        async with client(app, headers={"authorization": "Bearer theirs"}) as http:
            theirs = (await told(http))["output"][1]["file_id"]
        async with client(app, headers={"authorization": "Bearer mine"}) as http:
            mine = (await told(http))["id"]
            chosen = {"versions": {mine: {"img1": theirs}}}
            refused = await http.post(f"/v1/responses/{mine}/share", json=chosen)

    assert refused.status_code == 404
