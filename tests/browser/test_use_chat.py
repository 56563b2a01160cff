"""The AI SDK's `useChat` on a page of another origin, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from planner_service.wire import PicturePart
from tests.integration.gateway.gateway_app import eventually, gateway, listening
from tests.integration.gateway.held import HeldPool

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

NODE = Path(__file__).parents[1] / "node"
PAGE = '<!doctype html><div id="root"></div><script type="module" src="/chat.js"></script>'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's program, its packages included."""
    built = tmp_path_factory.mktemp("page") / "chat.js"
    process = await asyncio.create_subprocess_exec(
        str(NODE / "node_modules" / ".bin" / "esbuild"),
        str(NODE / "use_chat.jsx"),
        "--bundle",
        "--format=esm",
        "--jsx=automatic",
        "--define:process.env.NODE_ENV='production'",
        f"--outfile={built}",
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return built


@pytest.fixture
def pool(redis) -> HeldPool:
    return HeldPool(redis, held=False)


@pytest_asyncio.fixture(loop_scope="session")
async def chat(redis, planner, pool, page: Page, script: Path) -> AsyncIterator[Page]:
    async def shown(_: Request) -> Response:
        return HTMLResponse(PAGE)

    async def program(_: Request) -> Response:
        return FileResponse(script, media_type="text/javascript")

    elsewhere = Starlette(routes=[Route("/", shown), Route("/chat.js", program)])
    async with (
        listening(elsewhere) as origin,
        gateway(redis, planner, pool, cors_origins=(origin,)) as app,
        listening(app) as url,
    ):
        await page.goto(f"{origin}/?api={quote(f'{url}/v1/ui-messages')}")
        yield page


async def ask(page: Page, text: str) -> None:
    await page.fill("input", text)
    await page.click("text=Ask")


async def test_two_turns_show_texts_and_pictures_in_their_places_and_send_them_back(chat, planner):
    for turn, text in enumerate(["A story", "And then?"]):
        await ask(chat, text)
        await expect(chat.locator(".assistant img")).to_have_count(2 * turn + 2)
        await expect(chat.locator("main")).to_have_attribute("data-status", "ready")

    shown = await chat.eval_on_selector_all(
        ".assistant:last-of-type > *", "all => all.map((one) => one.textContent || one.naturalWidth)"
    )
    assert shown == ["A fox lived by the wood.", 64, "One day it found the sea.", 64]
    sent_back = planner.asked[-1].messages[1].content
    assert [part.description for part in sent_back if isinstance(part, PicturePart)] == [
        "a fox before a house",
        "the fox at the sea",
    ]
    assert await chat.locator("[role=alert]").count() == 0


async def test_stop_ends_the_answer_at_the_gateway(chat, pool):
    pool.goes_on.clear()
    await ask(chat, "A story")
    await expect(chat.locator(".assistant p")).to_have_text("A fox lived by the wood.")
    await eventually(lambda: pool.jobs)
    await chat.click("text=Stop")

    await expect(chat.locator("main")).to_have_attribute("data-status", "ready")
    await eventually(lambda: pool.cancelled)
