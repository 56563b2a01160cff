"""API keys."""

import asyncio

import pytest
from pydantic import SecretStr

from gateway.answer.errors import NotAuthenticated
from gateway.http.auth import ApiKeys
from gateway.http.layers.authentication import needs_key, sent_keys
from gateway.tenants.caller import Caller

KEYS = ApiKeys({SecretStr("key-of-acme"): "acme", SecretStr("key-of-zeta"): "zeta"})


def tenant(headers: dict[str, str], query: bytes = b"") -> str:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return caller(KEYS, *sent_keys({"headers": raw, "query_string": query})).tenant


def caller(keys: ApiKeys, *sent: str) -> Caller:
    return asyncio.run(keys.caller(sent))


def test_without_keys_everybody_is_one_tenant():
    assert caller(ApiKeys({})).tenant == "default"
    assert caller(ApiKeys({}), "anything").tenant == "default"


@pytest.mark.parametrize(
    ("sent", "name"),
    [("Bearer key-of-acme", "acme"), ("bearer key-of-zeta", "zeta"), ("Bearer  key-of-zeta ", "zeta")],
)
def test_a_key_names_its_tenant(sent, name):
    assert tenant({"authorization": sent}) == name


@pytest.mark.parametrize("header", ["x-api-key", "api-key", "x-goog-api-key"])
def test_a_key_counts_wherever_clients_put_theirs(header):
    assert tenant({header: "key-of-acme"}) == "acme"
    assert tenant({"authorization": "Bearer not-one", header: "key-of-acme"}) == "acme"
    assert tenant({"authorization": "Basic for-a-proxy", header: "key-of-acme"}) == "acme"


@pytest.mark.parametrize(
    "query", [b"key=key-of-acme", b"alt=sse&key=key%2Dof-acme", b"key=key-of-acme&monkey=1"]
)
def test_a_key_may_stand_in_the_url_as_googles_clients_write_it(query):
    assert tenant({}, query) == "acme"


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer key-of-acm", "Basic key-of-acme", "key-of-acme", "Bearer ключ"]
)
def test_anything_else_is_refused_and_not_repeated(sent):
    with pytest.raises(NotAuthenticated) as refused:
        tenant({"authorization": sent}, b"monkey=key-of-acme")

    assert refused.value.status == 401
    assert "key-of" not in str(refused.value)


@pytest.mark.parametrize(
    "path", ["/v1/responses", "/v1beta/models/m:generateContent", "/mcp", "/v1/files/f/content"]
)
def test_whatever_costs_something_needs_a_key(path):
    assert needs_key(path)


@pytest.mark.parametrize("path", ["/", "/studio/page.js", "/healthz", "/readyz", "/openapi.json"])
def test_what_is_for_everybody_needs_none(path):
    assert not needs_key(path)
