"""Where the gateway is and how to be let in, as httpx's clients take it."""

from __future__ import annotations

import os
from typing import Any

import httpx

DEFAULT_URL = "http://localhost:8080"
CONNECT_S = 10.0
# A gateway beats every few seconds; before its first byte it may wait for a planner for half a minute.
SILENCE_S = 90.0
# Before each try to take up a stream that was cut; a gateway is replaced in seconds.
PAUSES_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)


def http_options(url: str | None, api_key: str | None) -> dict[str, Any]:
    """Arguments of an httpx client; what is not given is read from WEAVER_URL and WEAVER_API_KEY.

    Raises:
        ValueError: the address is none, or no key can look like this one.
    """
    base = (url or os.environ.get("WEAVER_URL") or DEFAULT_URL).rstrip("/").removesuffix("/v1")
    if not _is_address(base):
        raise ValueError(f"{base} is no address of a gateway; it should look like {DEFAULT_URL}.")
    key = api_key or os.environ.get("WEAVER_API_KEY")
    if key and not (key.isascii() and key.isprintable()):
        raise ValueError("The key holds characters that no key has; was something else put in its place?")
    return {
        "base_url": base,
        "headers": {"authorization": f"Bearer {key}"} if key else {},
        "timeout": httpx.Timeout(SILENCE_S, connect=CONNECT_S),
    }


def _is_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
        parsed.host.encode("idna")  # as it is done when it is looked up
    except (httpx.InvalidURL, ValueError):
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)
