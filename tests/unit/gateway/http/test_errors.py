"""Every error's status, code and body, and what is said of invalid requests."""

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import ValidationError
from redis.exceptions import ConnectionError as RedisConnectionError

from gateway.answer import errors
from gateway.answer.errors import GatewayError, named
from gateway.dialects.responses.request import CreateResponse
from gateway.http.problems import Problem, answer_with_problems, invalid, problem
from gateway.media import check as images
from planner_service import client as planner

TABLE = {
    errors.GatewayError: (500, "internal", "server_error"),
    errors.InvalidRequest: (400, "invalid_value", "invalid_request_error"),
    errors.MethodNotAllowed: (405, "method_not_allowed", "invalid_request_error"),
    errors.HeadersTooLarge: (431, "headers_too_large", "invalid_request_error"),
    errors.TooManyConnections: (503, "too_many_connections", "server_error"),
    errors.AnswerUnavailable: (503, "unavailable", "server_error"),
    errors.AnswerRejected: (400, "rejected", "invalid_request_error"),
    errors.ClientLeft: (499, "client_left", "invalid_request_error"),
    errors.BodyTooSlow: (408, "body_too_slow", "invalid_request_error"),
    errors.BodyTooLarge: (413, "body_too_large", "invalid_request_error"),
    errors.NotAuthenticated: (401, "invalid_api_key", "authentication_error"),
    errors.Forbidden: (403, "forbidden", "permission_error"),
    errors.RangeNotSatisfiable: (416, "range_not_satisfiable", "invalid_request_error"),
    errors.KeyInUse: (409, "idempotency_key_in_use", "invalid_request_error"),
    errors.UnknownEncoding: (415, "unknown_encoding", "invalid_request_error"),
    errors.KeyUsed: (422, "idempotency_key_used", "invalid_request_error"),
    errors.AnswerFailed: (500, "internal", "server_error"),
    errors.NotFound: (404, "not_found", "invalid_request_error"),
    errors.OverLimit: (429, "over_limit", "rate_limit_error"),
    errors.Overloaded: (503, "overloaded", "server_error"),
    errors.PlannerUnavailable: (503, "planner_unavailable", "server_error"),
    errors.StoreUnavailable: (503, "store_unavailable", "server_error"),
    errors.ShuttingDown: (503, "shutting_down", "server_error"),
    images.InvalidImage: (400, "invalid_image", "invalid_request_error"),
}


def descendants(kind):
    return {kind}.union(*map(descendants, kind.__subclasses__()))


def test_the_table_has_every_error():
    assert descendants(GatewayError) == TABLE.keys()


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_each_error_is_a_problem_and_an_openai_error(kind):
    status, code, type = TABLE[kind]
    error = kind("Too bad.", param="size")

    assert problem(error) | {"title": ""} == {
        "type": "about:blank",
        "title": "",
        "status": status,
        "detail": "Too bad.",
        "error": {"message": "Too bad.", "type": type, "code": code, "param": "size"},
    }
    response = Problem(error)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_each_error_says_something_by_itself(kind):
    assert kind().message.endswith(".")


def test_when_to_come_back_is_told_in_whole_seconds():
    assert Problem(errors.Overloaded(retry_after_s=0.2)).headers["retry-after"] == "1"
    assert "retry-after" not in Problem(errors.OverLimit()).headers


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (errors.NotFound(code="file_not_found"), errors.NotFound, "file_not_found"),
        (RedisConnectionError("secret"), errors.StoreUnavailable, "store_unavailable"),
        (TimeoutError("secret"), errors.StoreUnavailable, "store_unavailable"),
        (planner.PlannerUnavailable("secret"), errors.PlannerUnavailable, "planner_unavailable"),
        (
            planner.PlanRefused("At most 9.", "prompt_too_long"),
            errors.InvalidRequest,
            "context_length_exceeded",
        ),
        (planner.PlanRefused("At most 9."), errors.InvalidRequest, "invalid_value"),
        (KeyError("secret"), GatewayError, "internal"),
    ],
)
def test_any_exception_has_a_name_and_keeps_its_details(error, kind, code):
    told = named(error)

    assert (type(told), told.code) == (kind, code)
    assert "secret" not in told.message


def test_what_the_planner_refuses_is_told_in_its_words():
    assert named(planner.PlanRefused("At most 9 tokens.")).message == "At most 9 tokens."


def refused(body):
    with pytest.raises(ValidationError) as caught:
        CreateResponse.model_validate(body)
    found = [error | {"loc": ("body", *error["loc"])} for error in caught.value.errors()]
    return invalid(found, body)


@pytest.mark.parametrize(
    ("body", "param", "code", "words"),
    [
        ({}, "input", "missing_required_parameter", "`input` is required."),
        ({"input": "x", "prompt": {"id": 1}}, "prompt", "unsupported_parameter", "not supported"),
        ({"input": "x", "top_p": 2}, "top_p", "invalid_value", "less than or equal to 1; got 2"),
        ({"input": "x", "mode": "film"}, "mode", "invalid_value", '; got "film"'),
        ({"input": "x", "mode": "m" * 99}, "mode", "invalid_value", "; got 99 characters"),
        ({"input": "x", "references": ["img1"] * 9}, "references", "invalid_value", "got 9 items"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role", "invalid_value", "robot"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": 3}]}]},
            "input[0].content[0].image_url",
            "invalid_value",
            "; got 3",
        ),
        ({"input": "x", "temperature": 9, "top_p": 9}, "temperature", "invalid_value", "(1 more)"),
    ],
)
def test_an_invalid_field_is_named_as_the_client_spells_it(body, param, code, words):
    error = refused(body)

    assert (error.param, error.code) == (param, code)
    assert words in error.message


def test_a_secret_in_a_long_value_is_not_echoed():
    assert "A" * 50 not in refused({"input": "x", "temperature": "A" * 5000}).message


async def test_an_unexpected_exception_is_an_internal_problem_without_details():
    app, told = FastAPI(), []
    answer_with_problems(app, told.append)

    @app.get("/")
    async def broken():
        raise KeyError("secret")

    async with AsyncClient(
        transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://t"
    ) as http:
        answer = await http.get("/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert told == ["internal"]


def test_an_object_of_more_fields_than_any_has_is_refused_by_their_number():
    told = refused({f"k{n}": 1 for n in range(1000)})

    assert told.message == "An object holds 1000 fields; at most 200 are taken."
