"""API keys."""

import pytest
from pydantic import SecretStr

from gateway.answer.errors import NotAuthenticated
from gateway.http.auth import ApiKeys

KEYS = ApiKeys({SecretStr("key-of-acme"): "acme", SecretStr("key-of-zeta"): "zeta"})


def test_without_keys_everybody_is_one_tenant():
    assert ApiKeys({}).tenant(None) == "default"
    assert ApiKeys({}).tenant("Bearer anything") == "default"


@pytest.mark.parametrize(
    ("sent", "tenant"),
    [("Bearer key-of-acme", "acme"), ("bearer key-of-zeta", "zeta"), ("Bearer  key-of-zeta ", "zeta")],
)
def test_a_key_names_its_tenant(sent, tenant):
    assert KEYS.tenant(sent) == tenant


@pytest.mark.parametrize(
    "sent", [None, "", "Bearer", "Bearer key-of-acm", "Basic key-of-acme", "key-of-acme", "Bearer ключ"]
)
def test_anything_else_is_refused_and_not_repeated(sent):
    with pytest.raises(NotAuthenticated) as refused:
        KEYS.tenant(sent)

    assert refused.value.status == 401
    assert "key-of" not in str(refused.value)
