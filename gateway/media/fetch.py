"""Fetches images that a client names by https URL. Off unless the operator turns it on, for a server that fetches is a way into its network.

Only public addresses are connected to. A name is resolved here, every address it has is judged, and the connection goes to a judged
address, so no second answer of the name server can lead elsewhere; the same for each redirect. It knows nothing of what an image is.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

from gateway.media.check import InvalidImage

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

MOST_REDIRECTS: Final = 3
# Of all requests together; each image is held in memory while it comes.
MOST_AT_ONCE: Final = 3
MOST_URL_CHARS: Final = 2048
MOST_PORT: Final = 65535
# Its last 32 bits are an IPv4 address (RFC 6052), which may be any.
NAT64: Final = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is reachable by everybody, so that asking it reveals nothing of this network."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address in NAT64 or address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def resolve(host: str, port: int) -> Sequence[Address]:
    """All addresses of a host. Raises OSError if it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A scope (`%eth0`) is no part of the address, and no public address has one.
    return [ip_address(str(where[0]).partition("%")[0]) for *_, where in found]


class RemoteImages:
    """Fetches images, each within `most_bytes` and `timeout_s`, redirects included.

    `resolve`, `allowed` and `tls` are there for tests, which have no network.
    """

    def __init__(
        self,
        most_bytes: int,
        timeout_s: float,
        *,
        resolve: Resolve = resolve,
        allowed: Callable[[Address], bool] = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._most_bytes, self._timeout_s = most_bytes, timeout_s
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._resolve, self._allowed = resolve, allowed
        self._tls = tls or ssl.create_default_context()

    async def fetch(self, url: str, param: str) -> bytes:
        """Get what is at a URL.

        Args:
            url: https; `param` is the field that holds it.
            param: for errors.

        Raises:
            InvalidImage: it cannot be had, or must not; the message says why, and nothing of this network.
        """
        try:
            async with asyncio.timeout(self._timeout_s), self._places:
                return await self._follow(url, param)
        except TimeoutError:
            raise _refused(param, f"did not come within {self._timeout_s:g} seconds") from None
        # A redirect may lead to what is no URL; of some, httpx says so by any ValueError.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            raise _refused(param, "could not be fetched; its server cannot be reached over https") from None

    async def _follow(self, url: str, param: str) -> bytes:
        for _ in range(MOST_REDIRECTS + 1):
            target = _parsed(url, param)
            pinned = target.copy_with(host=str(await self._address(target, param)))
            # A client for each hop: nothing of one server, cookies least of all, is told to the next. A proxy would resolve names itself.
            async with httpx.AsyncClient(
                verify=self._tls, trust_env=False, timeout=self._timeout_s
            ) as client:
                asked = client.build_request(
                    "GET",
                    pinned,
                    headers={
                        "host": target.netloc.decode(),
                        "accept": "image/*",
                        "accept-encoding": "identity",
                    },
                    extensions={"sni_hostname": target.raw_host.decode()},
                )
                answer = await client.send(asked, stream=True)
                try:
                    if not answer.has_redirect_location:
                        return await self._read(answer, param)
                    url = str(target.join(answer.headers["location"]))
                finally:
                    await answer.aclose()
        raise _refused(param, f"is redirected more than {MOST_REDIRECTS} times")

    async def _address(self, target: httpx.URL, param: str) -> Address:
        try:
            addresses = [ip_address(target.host)]
        except ValueError:
            try:
                addresses = await self._resolve(target.raw_host.decode(), target.port or 443)
            except (OSError, UnicodeError):
                raise _refused(param, "has a host that is not known") from None
        # One that is not public among others is how a name is turned against us.
        if not addresses or not all(map(self._allowed, addresses)):
            raise _refused(param, "is not at a public address")
        return addresses[0]

    async def _read(self, answer: httpx.Response, param: str) -> bytes:
        if answer.status_code != httpx.codes.OK:
            raise _refused(param, f"could not be fetched; its server answers {answer.status_code}")
        announced = answer.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._most_bytes:
            raise self._too_large(param, f"{int(announced)} bytes")
        data = bytearray()
        async for piece in answer.aiter_raw():
            data += piece
            if len(data) > self._most_bytes:
                raise self._too_large(param, "more")
        return bytes(data)

    def _too_large(self, param: str, sent: str) -> InvalidImage:
        return _refused(
            param, f"holds {sent}; at most {self._most_bytes} bytes are taken", "image_file_too_large"
        )


def _parsed(url: str, param: str) -> httpx.URL:
    if len(url) > MOST_URL_CHARS:
        raise _refused(param, f"has {len(url)} characters; at most {MOST_URL_CHARS} are taken")
    try:
        target = httpx.URL(url)
        has_host = bool(target.host)  # is read as Punycode only when it is asked for
    except (httpx.InvalidURL, ValueError):
        raise _refused(param, "is not a URL") from None
    if target.scheme != "https" or not has_host:
        raise _refused(param, f"leads to {target.scheme or 'no scheme'}://; only https is fetched")
    if (target.port or 0) > MOST_PORT:
        raise _refused(param, f"names port {target.port}; ports end at {MOST_PORT}")
    if target.userinfo:
        raise _refused(param, "holds a user name or password; it is fetched without")
    return target


def _refused(param: str, why: str, code: str = "invalid_image_url") -> InvalidImage:
    return InvalidImage(f"The image at `{param}` {why}.", code=code, param=param)
