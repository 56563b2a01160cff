"""Counts requests of tenants that may have only so many, and tells in every answer how their limits stand, as plain ASGI.

Whatever gives something back, a cancellation or a deletion, is never refused.

Source:
    draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` says what the limits are, `RateLimit` what is left of them.
"""

from __future__ import annotations

import logging

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.answer.errors import STORE_ERRORS, OverLimit
from gateway.http.problems import refuse
from gateway.tenants.caller import Caller, Quota

log = logging.getLogger(__name__)


class RequestQuotas:
    """Answers 429 to a request too many."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, if its tenant may have it."""
        caller: Caller | None = scope.get("state", {}).get("caller") if scope["type"] == "http" else None
        if caller is None:
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and caller.quotas:
                headers = MutableHeaders(scope=message)
                headers["ratelimit-policy"] = ", ".join(map(policy, caller.quotas.values()))
                headers["ratelimit"] = ", ".join(map(standing, caller.quotas.values()))
            await send(message)

        try:
            if not _gives_back(scope):
                await scope["app"].state.container.quotas.count_request(caller)
        except OverLimit as error:
            await refuse(error, scope, receive, told)
            return
        except STORE_ERRORS:
            # What needs the store will say so itself.
            log.warning("can't count a request", exc_info=True)
        await self._app(scope, receive, told)


def policy(quota: Quota) -> str:
    """A limit as an item of `RateLimit-Policy`."""
    unit = "" if quota.unit is None else f';qu="{quota.unit}"'
    window = "" if quota.window_s is None else f";w={quota.window_s}"
    return f'"{quota.name}";q={quota.most}{window}{unit}'


def standing(quota: Quota) -> str:
    """What is left of it, as an item of `RateLimit`."""
    reset = "" if quota.reset_s is None else f";t={quota.reset_s}"
    return f'"{quota.name}";r={quota.left}{reset}'


def _gives_back(scope: Scope) -> bool:
    is_cancel: bool = scope["method"] == "POST" and scope["path"].endswith("/cancel")
    return is_cancel or scope["method"] == "DELETE"
