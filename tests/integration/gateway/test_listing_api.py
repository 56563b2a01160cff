"""What was asked and answered before: lists of answers and of what they were asked, and answers that were not to be kept."""

import pytest
from pydantic import SecretStr

from tests.integration.gateway.gateway_app import client, gateway

pytestmark = pytest.mark.integration


async def ask(http, text, **options):
    return (await http.post("/v1/responses", json={"input": text} | options)).json()


async def test_answers_are_listed_newest_first_page_by_page(http):
    made = [(await ask(http, f"Story  {number}\n{'x' * 200 * number}"))["id"] for number in range(5)]
    first = (await http.get("/v1/responses", params={"limit": 3})).json()
    rest = (await http.get("/v1/responses", params={"limit": 3, "after": first["last_id"]})).json()
    oldest = (await http.get("/v1/responses", params={"order": "asc", "limit": 1})).json()

    assert [one["id"] for one in first["data"] + rest["data"]] == made[::-1]
    assert (first["has_more"], rest["has_more"], oldest["has_more"]) == (True, False, True)
    assert (oldest["data"][0]["id"], oldest["data"][0]["title"]) == (made[0], "Story 0")
    assert all(len(one["title"]) <= 80 for one in first["data"])


async def test_a_listed_answer_shows_its_first_picture_by_a_link_that_needs_no_key(redis, planner, pool):
    keys = {SecretStr("key-a"): "acme", SecretStr("key-z"): "zeta"}
    async with gateway(redis, planner, pool, api_keys=keys) as app, client(app) as http:
        acme, zeta = ({"authorization": f"Bearer key-{letter}"} for letter in "az")
        await http.post("/v1/responses", json={"input": "A story"}, headers=acme)
        (mine,) = (await http.get("/v1/responses", headers=acme)).json()["data"]
        theirs = (await http.get("/v1/responses", headers=zeta)).json()
        picture = await http.get(mine["first_picture"])

    assert (mine["pictures"], picture.headers["content-type"]) == (2, "image/png")
    assert theirs == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_what_is_deleted_or_was_not_to_be_kept_is_not_listed(http):
    made = [(await ask(http, "A story"))["id"] for _ in range(3)]
    await ask(http, "A secret", store=False)
    await http.delete(f"/v1/responses/{made[1]}")
    listed = (await http.get("/v1/responses", params={"limit": 2})).json()

    assert [one["id"] for one in listed["data"]] == [made[2], made[0]]
    assert not listed["has_more"]


async def test_what_an_answer_was_asked_is_listed(http):
    first = await ask(http, "A story", instructions="Be brief.")
    second = await ask(http, "And then?", previous_response_id=first["id"])
    items = (await http.get(f"/v1/responses/{second['id']}/input_items", params={"order": "asc"})).json()
    last = (await http.get(f"/v1/responses/{second['id']}/input_items", params={"limit": 1})).json()

    assert [item["role"] for item in items["data"]] == ["user", "assistant", "user"]
    assert items["data"][0]["content"] == [{"type": "input_text", "text": "A story"}]
    assert items["data"][1]["content"][1]["description"] == "picture 0"
    assert (last["data"][0]["content"][0]["text"], last["has_more"]) == ("And then?", True)


async def test_the_sdk_lists_what_an_answer_was_asked(api):
    made = await api.responses.create(model="storybook", input="A story")
    items = await api.responses.input_items.list(made.id)

    assert items.data[0].content[0].text == "A story"


async def test_an_answer_that_was_not_to_be_kept_is_gone_once_it_has_ended(http):
    made = await ask(http, "My word is zanzibar", store=False)
    again = await http.get(f"/v1/responses/{made['id']}")
    on = await http.post("/v1/responses", json={"input": "And?", "previous_response_id": made["id"]})
    named = await http.post(
        "/v1/responses", json={"input": [{"type": "item_reference", "id": made["output"][0]["id"]}]}
    )

    assert [one.status_code for one in (again, on, named)] == [404, 404, 404]
    assert again.json()["error"]["code"] == "response_not_found"


async def test_the_seed_told_of_one_of_several_pictures_draws_it_again(http, pool):
    draw = {"prompt": "a fox", "planner": False, "seed": 2**53 - 2}
    several = (await http.post("/v1/images/generations", json=draw | {"n": 4})).json()["data"]
    seeds = [picture["seed"] for picture in several]
    for seed in seeds:
        again = (await http.post("/v1/images/generations", json=draw | {"seed": seed})).json()["data"]
        assert [picture["seed"] for picture in again] == [seed]

    assert len(set(seeds)) == 4
