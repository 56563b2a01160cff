"""Where clients reach this service: what the operator says, else what the request came to, by way of proxies that are trusted.

Source:
    RFC 7239 (Forwarded), and the X-Forwarded headers that came before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

Network = IPv4Network | IPv6Network

HOST = re.compile(r"[\w.\-]{1,255}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?")
PREFIX = re.compile(r"(/[\w.~\-]+){1,8}")
SCHEMES = ("http", "https")


def public_url(scope: Scope, told: str | None, trusted: Sequence[Network]) -> str:
    """Scheme, host and path before ours, without a slash at the end; empty if the request names no host that can be.

    Args:
        scope: of the request.
        told: what the operator says.
        trusted: networks of proxies whose word counts.
    """
    if told:
        return told.rstrip("/")
    headers = Headers(scope=scope)
    scheme, host, prefix = scope.get("scheme", "http"), headers.get("host", ""), ""
    if _is_trusted(scope, trusted):
        forwarded = _forwarded(headers.get("forwarded", ""))
        scheme = forwarded.get("proto") or _first(headers, "x-forwarded-proto") or scheme
        host = forwarded.get("host") or _first(headers, "x-forwarded-host") or host
        prefix = _first(headers, "x-forwarded-prefix").rstrip("/")
    if not HOST.fullmatch(host) or scheme.lower() not in SCHEMES:
        return ""
    return f"{scheme.lower()}://{host}{prefix if PREFIX.fullmatch(prefix) else ''}"


def _is_trusted(scope: Scope, trusted: Sequence[Network]) -> bool:
    try:
        address = ip_address((scope.get("client") or ("",))[0])
    except ValueError:
        return False
    return any(address in network for network in trusted)


def _first(headers: Headers, name: str) -> str:
    """Of several proxies, what the one next to the client says."""
    return headers.get(name, "").partition(",")[0].strip()


def _forwarded(header: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in header.partition(",")[0].split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
