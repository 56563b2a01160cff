"""`/openapi.json`: complete, and true of what the gateway does."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from gateway.app import create_app
from gateway.settings import Settings
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway

METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENT: dict[str, Any] = create_app(Settings()).openapi()
OPERATIONS = {
    f"{method} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
EXAMPLES = [
    pytest.param(name, example["value"], id=f"{name.removeprefix('post ')} {kind}")
    for name, operation in OPERATIONS.items()
    for body in operation.get("requestBody", {}).get("content", {}).values()
    for kind, example in body.get("examples", {}).items()
]


def schemas(tree: Any, place: str):
    """All object schemas in a part of the document, with where they stand."""
    if isinstance(tree, dict):
        if isinstance(tree.get("properties"), dict):
            yield place, tree["properties"]
        for name, branch in tree.items():
            if name not in ("examples", "example"):
                yield from schemas(branch, f"{place}.{name}")
    elif isinstance(tree, list):
        for number, branch in enumerate(tree):
            yield from schemas(branch, f"{place}[{number}]")


def references(tree: Any):
    if isinstance(tree, dict):
        if isinstance(tree.get("$ref"), str):
            yield tree["$ref"]
        for branch in tree.values():
            yield from references(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from references(branch)


def test_every_field_is_described():
    fields = [
        f"{place}.{name}"
        for place, properties in schemas(DOCUMENT, "")
        for name, schema in properties.items()
        if not schema.get("description")
    ]
    sent = [
        f"{name} {parameter['name']}"
        for name, operation in OPERATIONS.items()
        for parameter in operation.get("parameters", [])
        if not (parameter.get("description") or parameter["schema"].get("description"))
    ]

    assert fields + sent == []


def test_every_route_says_what_it_does_and_what_it_answers():
    for name, operation in OPERATIONS.items():
        assert operation.get("description"), name
        good = [answer for status, answer in operation["responses"].items() if status == "200"]
        assert all(content["schema"] for answer in good for content in answer["content"].values()), name
        assert good, name


def test_every_reference_leads_somewhere():
    for reference in references(DOCUMENT):
        assert reference.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"]


def test_nothing_is_claimed_of_fastapis_own_refusals():
    assert "HTTPValidationError" not in str(DOCUMENT)
    for name, operation in OPERATIONS.items():
        keys = [one["name"].lower() for one in operation.get("parameters", [])]
        assert ("422" in operation["responses"]) == ("idempotency-key" in keys), name
        if "requestBody" in operation:
            assert {"400", "413"} <= operation["responses"].keys(), name


@pytest.mark.integration
@pytest.mark.parametrize(("name", "body"), EXAMPLES)
async def test_every_example_works(redis: Redis, name: str, body: Any):
    path = name.removeprefix("post ").replace("{model}", "storybook")
    sent = OPERATIONS[name].get("parameters", [])
    needed = {one["name"]: one["schema"]["const"] for one in sent if one["in"] == "query" and one["required"]}
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        if "{response_id}" in path:
            told = (await http.post("/v1/responses", json={"input": "A tale"})).json()
            path = path.replace("{response_id}", told["id"])
        answer = await http.post(path, json=body, params=needed)

    assert answer.status_code == 200, answer.text
    assert "error" not in answer.text.partition("\n")[0] or answer.json().get("error") is None


def test_there_is_an_example_of_every_route_that_takes_json():
    for name, operation in OPERATIONS.items():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        assert body is None or body.get("examples"), name
