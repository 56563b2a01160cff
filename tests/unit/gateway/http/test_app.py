"""The gateway's app as it is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import SecretStr

from gateway.app import create_app
from gateway.settings import Settings


def called(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for inner in dependant.dependencies:
        yield from called(inner)


def test_no_request_waits_for_a_thread():
    app = create_app(Settings(admin_key=SecretStr("operator-key-of-32-characters-or-more")))
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) > 40
    waiting = {
        call.__qualname__
        for route in routes
        for call in called(route.dependant)
        if not iscoroutinefunction(call)
    }
    assert waiting == set()
