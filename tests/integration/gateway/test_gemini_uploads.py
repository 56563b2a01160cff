"""Files that Google's SDK sends to an address that it was given, where the SDK brings no key: they count as whoever announced them.

All over a real connection, for within the process a request may pass for the one before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors
from google.genai.types import HttpOptions, UploadFileConfig
from redis.asyncio import Redis

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening, png

pytestmark = pytest.mark.integration

KEY = {"x-goog-api-key": "of-acme"}
RETRIES_S = 7
"""The SDK sends three times, pausing, where it is not told that a refusal is final."""


@contextlib.asynccontextmanager
async def serving(redis: Redis, **limits: int) -> AsyncIterator[str]:
    served = gateway(redis, Planner(*STORY), Pool(redis), api_keys={"of-acme": "acme"}, tenant_limits=limits)
    async with served as app, listening(app) as url:
        yield url


async def uploaded(url: str, data: bytes) -> Any:
    """What the SDK makes of it, as it is used where nothing is async."""

    def upload() -> Any:
        config = UploadFileConfig(mime_type="image/png")
        with genai.Client(api_key="of-acme", http_options=HttpOptions(base_url=url)) as sdk:
            return sdk.files.upload(file=io.BytesIO(data), config=config)

    return await asyncio.to_thread(upload)


async def announced(http: httpx.AsyncClient) -> str:
    answer = await http.post("/upload/v1beta/files", json={"file": {"displayName": "fox"}}, headers=KEY)
    return answer.headers["x-goog-upload-url"]


async def test_an_uploaded_file_counts_as_its_tenants(redis):
    async with serving(redis, bytes_kept=300, requests_per_minute=100) as url:
        sent = await uploaded(url, png(1))
        with pytest.raises(errors.ClientError) as refused:
            await uploaded(url, png(2))
        async with httpx.AsyncClient(base_url=url) as http:
            again = await http.post(await announced(http), content=png(2))

    assert int(await redis.hget("kept:{acme}:bytes", "")) == sent.size_bytes
    assert (refused.value.code, refused.value.status) == (429, "RESOURCE_EXHAUSTED")
    assert '"bytes"' in again.headers["ratelimit"]
    assert '"requests"' in again.headers["ratelimit"]


async def test_sending_to_the_address_is_a_request_of_its_tenants(redis):
    async with serving(redis, requests_per_minute=1) as url, httpx.AsyncClient(base_url=url) as http:
        refused = await http.post(await announced(http), content=png(1))

    assert (refused.status_code, refused.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")


async def test_the_sdk_says_at_once_what_is_wrong_with_a_file(redis):
    async with serving(redis) as url:
        began = time.monotonic()
        with pytest.raises(errors.ClientError) as refused:
            await uploaded(url, b"no image")
        took_s = time.monotonic() - began

    assert refused.value.code == 400
    assert "not a whole image" in str(refused.value)
    assert took_s < RETRIES_S


async def test_the_address_serves_until_a_file_has_come(redis):
    async with serving(redis) as url, httpx.AsyncClient(base_url=url) as http:
        address = await announced(http)
        broken = await http.post(address, content=b"no image")
        came, again = [await http.post(address, content=png(1)) for _ in range(2)]

    assert [answer.status_code for answer in (broken, came, again)] == [400, 200, 404]
    assert {answer.headers["x-goog-upload-status"] for answer in (broken, came, again)} == {"final"}
