"""The client reads all that a gateway tells of itself, in the same words."""

import gateway.http.status as served
import weaver.client.status as read


def test_the_client_knows_every_field_that_a_gateway_tells() -> None:
    for name in ("Worker", "Waiting", "PoolStatus", "Status"):
        served_fields = set(getattr(served, name).model_fields) - {"object"}
        assert set(getattr(read, name).model_fields) == served_fields


def test_a_newer_gateway_may_tell_more() -> None:
    waiting = read.Waiting.model_validate({"interactive": 2, "batch": 1, "urgent": 7})
    assert waiting.total == 3
