"""Requests that nobody thought of, made from `/openapi.json`: none gets a 5xx, nor an answer that is not written there."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from gateway.app import create_app
from gateway.settings import Settings
from tests.integration.gateway.gateway_thread import running

pytestmark = pytest.mark.integration

EXAMPLES = 30
load_all_checks()
# What the pool can draw and what is there stands in no schema, so a request may fit the schema and still be refused; and a number
# may come as a string, as it does in forms. What is refused and taken is tested by name elsewhere.
NOT_PROMISED = CHECKS.get_by_names(["positive_data_acceptance", "negative_data_rejection"])
PACE = {"generation": {"deterministic": True, "max-examples": EXAMPLES}}
API = schemathesis.openapi.from_dict(
    create_app(Settings()).openapi(), config=SchemathesisConfig.from_dict(PACE)
)


@pytest.fixture(scope="module")
def url(redis_url: str) -> Iterator[str]:
    with running(redis_url) as url:
        yield url


@API.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[
        hypothesis.HealthCheck.filter_too_much,
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
    ],
)
def test_every_answer_is_as_described(case: schemathesis.Case, url: str) -> None:
    case.call_and_validate(base_url=url, timeout=60, excluded_checks=NOT_PROMISED)


HALF = "\\ud800"
HALVES = {
    "/v1/responses": (f'{{"input": "a {HALF}"}}', "input"),
    "/v1/chat/completions": (
        f'{{"messages": [{{"role": "user", "content": "{HALF}"}}]}}',
        "messages[0].content",
    ),
    "/v1/images/generations": (f'{{"prompt": "{HALF}", "planner": false}}', "prompt"),
    "/v1/images/edits": (
        f'{{"prompt": "a fox", "images": [{{"file_id": "{HALF}"}}]}}',
        "images[0].file_id",
    ),
}


@pytest.mark.parametrize("path", HALVES)
def test_half_a_character_which_json_may_hold_is_refused_by_its_field(url: str, path: str) -> None:
    body, param = HALVES[path]
    refused = httpx.post(url + path, content=body, headers={"content-type": "application/json"})

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
