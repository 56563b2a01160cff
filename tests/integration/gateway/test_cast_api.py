"""Cast and style through the API: asked for in every dialect that writes, kept for later turns, the client's own first."""

import pytest

from planner_service.wire import CastTold, Figure, ReasoningDelta
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import Planner, Pool, client, gateway

pytestmark = pytest.mark.integration

RUSTY = {"name": "Rusty", "looks": "a small red fox"}
MIA = {"name": "Mia", "looks": "a girl with a yellow coat"}
TOLD = CastTold(figures=(Figure(**RUSTY),), style="soft watercolour")
WAYS = {
    "/v1/responses": {"input": "A story"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "A story"}]},
    "/v1/ui-messages": {"messages": [{"role": "user", "parts": [{"type": "text", "text": "A story"}]}]},
    "/v1beta/models/storybook:generateContent": {"contents": [{"parts": [{"text": "A story"}]}]},
}


def thinker():
    return Planner(ReasoningDelta(text="Hm."), TOLD, says("Once."), slot(0), PLAN_DONE)


@pytest.mark.parametrize("path", WAYS)
async def test_the_clients_cast_and_style_reach_the_planner(redis, path):
    planner = thinker()
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        answer = await http.post(path, json=WAYS[path] | {"cast": {"Mia": MIA["looks"]}, "style": "ink"})
    assert answer.status_code == 200
    assert (planner.asked[0].cast, planner.asked[0].style) == ((Figure(**MIA),), "ink")
    assert answer.headers.get("x-weaver-warnings") is None


async def test_a_cast_is_kept_for_the_next_turn_and_the_clients_own_wins(redis):
    planner = thinker()
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        first = (await http.post("/v1/responses", json={"input": "A story"})).json()
        turn = {"input": "Go on.", "previous_response_id": first["id"]}
        second = (await http.post("/v1/responses", json=turn)).json()
        own = {"cast": [{"name": "rusty", "looks": "a blue fox"}, MIA], "style": "ink"}
        await http.post("/v1/responses", json=turn | own)
    assert (first["cast"], first["style"]) == ([RUSTY], "soft watercolour")
    assert (planner.asked[1].cast, planner.asked[1].style) == ((Figure(**RUSTY),), "soft watercolour")
    assert second["cast"] == [RUSTY]
    names = [(one.name, one.looks) for one in planner.asked[2].cast]
    assert names == [("rusty", "a blue fox"), ("Mia", MIA["looks"])]
    assert planner.asked[2].style == "ink"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"cast": [{"name": "Two words", "looks": "x"}]}, "cast[0].name"),
        ({"cast": [{"name": "Rusty", "looks": "x" * 401}]}, "cast[0].looks"),
        ({"cast": [{"name": f"F{n}", "looks": "x"} for n in range(17)]}, "cast"),
        ({"style": "x" * 301}, "style"),
    ],
)
async def test_a_cast_that_is_too_much_is_refused_by_name(redis, wrong, param):
    async with gateway(redis, thinker(), Pool(redis)) as app, client(app) as http:
        answer = await http.post("/v1/responses", json={"input": "A story"} | wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("path", "asks", "told"),
    [
        ("/v1/responses", {"reasoning": {"effort": "high"}}, True),
        ("/v1/responses", {"reasoning": {"summary": "auto"}}, True),
        ("/v1/responses", {"reasoning": {"effort": "none"}}, False),
        ("/v1/chat/completions", {"reasoning_effort": "low"}, True),
        ("/v1/chat/completions", {}, False),
        ("/v1/ui-messages", {"reasoning_effort": "low"}, True),
        (
            "/v1beta/models/storybook:generateContent",
            {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}},
            True,
        ),
        (
            "/v1beta/models/storybook:generateContent",
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 99}}},
            False,
        ),
    ],
)
async def test_thoughts_are_told_where_they_are_asked_for(redis, path, asks, told):
    planner = thinker()
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        answer = await http.post(path, json=WAYS[path] | asks)
    assert answer.status_code == 200
    assert ("Hm." in answer.text) is told
    assert planner.asked[0].thinking is (told or "generationConfig" in asks)
