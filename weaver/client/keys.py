"""API keys of a gateway, for its operator: what can be asked of `/v1/admin/keys`, with the operator's own key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from weaver.client.calls import Call
from weaver.client.config import http_options
from weaver.client.errors import Unreachable

T = TypeVar("T")
PATH = "/v1/admin/keys"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key; `word` is what its owner sends, there only when it has just been made. Times are Unix times in seconds."""

    id: str
    tenant: str
    name: str
    made_at: float
    limits: Mapping[str, int] = field(default_factory=dict)
    rotated_at: float | None = None
    revoked_at: float | None = None
    word: str | None = None


class Keys:
    """The keys of one gateway, and all that share its store; used as a context manager.

    Its calls raise `Unreachable` and `Refused`.
    """

    def __init__(self, url: str | None = None, admin_key: str | None = None) -> None:
        options = http_options(url, admin_key)
        self.url: str = options["base_url"]
        self._http = httpx.Client(**options)

    def make(self, tenant: str, name: str, limits: Mapping[str, int]) -> ApiKey:
        """Make a key."""
        body = {"tenant": tenant, "name": name, "limits": dict(limits)}
        return self._do(Call("POST", PATH, _one, {"json": body}))

    def list(self) -> tuple[ApiKey, ...]:
        """All keys, by when they were made."""
        return self._do(Call("GET", PATH, lambda reply: tuple(_read(one) for one in reply.json()["data"])))

    def rotate(self, id: str, overlap_s: float = 0.0) -> ApiKey:
        """Give a key another word; the old one stays good for `overlap_s` seconds."""
        return self._do(
            Call("POST", f"{_path(id)}/rotate", _one, {"params": {"overlap_s": overlap_s}, "content": b""})
        )

    def revoke(self, id: str) -> ApiKey:
        """Make a key good for nothing."""
        return self._do(Call("DELETE", _path(id), _one))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _do(self, call: Call[T]) -> T:
        try:
            return call.outcome(self._http.request(call.method, call.path, **call.more))
        except httpx.TransportError as error:
            raise Unreachable(self.url) from error


def _path(id: str) -> str:
    return f"{PATH}/{quote(id, safe='')}"


def _one(reply: httpx.Response) -> ApiKey:
    return _read(reply.json())


def _read(entry: Mapping[str, Any]) -> ApiKey:
    return ApiKey(
        id=entry["id"],
        tenant=entry["tenant"],
        name=entry["name"],
        made_at=entry["made_at"],
        limits={name: limit for name, limit in entry["limits"].items() if limit is not None},
        rotated_at=entry["rotated_at"],
        revoked_at=entry["revoked_at"],
        word=entry.get("key"),
    )
