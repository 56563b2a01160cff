import asyncio
import signal
import sys

import httpx
import pytest

pytestmark = pytest.mark.integration


async def test_the_studio_is_served_alone_for_those_who_work_on_it():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.browser.alone", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    async with asyncio.timeout(120):
        url = (await process.stdout.readline()).decode().strip()
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            page = await http.get("/")
            answer = await http.post("/v1/responses", json={"input": "A story"})
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0

    assert "<title>" in page.text
    assert answer.json()["status"] == "completed"
