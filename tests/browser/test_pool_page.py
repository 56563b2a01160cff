"""The operators' page: who is alive, what each draws, what waits, and how the last answers went."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STORY
from tests.browser.studio import Studio
from tests.browser.test_everybody import violations
from tests.fakes import WORKER
from tests.integration.gateway.gateway_app import (
    Planner,
    Pool,
    client,
    eventually,
    gateway,
    listening,
    png,
)
from visualizer_service.wire import Preview, Progress, Started

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

OPERATOR = "an-operator's-own-key"


class Staffed(Pool):
    """A pool with a worker, in which something waits; `drained` is the worker that was told to leave."""

    drained = None

    async def workers(self):
        leaving = {"id": "w2", "draining": True}
        return [WORKER.model_copy(update={"active": 1}), WORKER.model_copy(update=leaving)]

    async def waiting(self):
        return {"returned": 0, "interactive": 3, "batch": 2, "near": 0}

    async def lines(self):
        return {"acme": {"interactive": 1, "batch": 2}, "globex": {"interactive": 2, "batch": 0}}

    async def drain(self, worker_id):
        self.drained = worker_id
        return True


@pytest.fixture
def pool(redis):
    return Staffed(redis, draws=False)


async def test_the_page_shows_workers_what_they_draw_what_waits_and_how_answers_went(app, pool, studio):
    await studio.ask("A story about a fox")
    await eventually(lambda: pool.jobs)
    page = await studio.page.context.new_page()
    async with Studio.opened(page, f"{studio.url}/pool"):
        worker = page.get_by_role("listitem", name="Worker w1")
        await expect(worker).to_contain_text("draws 1 of 4 at once")
        await expect(page.get_by_role("listitem", name="Worker w2")).to_contain_text("leaving")
        await expect(page.get_by_text("Waiting, interactive").locator("xpath=..")).to_contain_text("3")

        pool.say(pool.jobs[0], Started(worker="w1", at=1.0))
        pool.say(pool.jobs[0], Progress(step=2, of=4))
        await expect(worker).to_contain_text("Picture 1, step 2 of 4: a fox before a house")
        look = Preview(
            index=0, blob=await pool.blobs.put_preview(png(200), "image/png", pool.jobs[0].response)
        )
        pool.say(pool.jobs[0], look)
        await expect(worker.locator("img")).to_be_visible()
        row = page.get_by_role("list").filter(has=page.get_by_role("link", name="A story about a fox"))
        await expect(row).to_contain_text("being made")
        assert await violations(page) == []

        async with client(app) as http:
            running = (await http.get("/v1/responses")).json()["data"][0]["id"]
            await http.post(f"/v1/responses/{running}/cancel")
        await expect(row).to_contain_text("cancelled")
        await expect(row).to_contain_text("in all")


async def test_the_page_goes_on_with_more_answers_under_way_than_a_browser_opens_connections(app, studio):
    async with client(app) as http:
        asked = {"model": "storybook", "input": "A story", "background": True}
        answers = [(await http.post("/v1/responses", json=asked)).json()["id"] for _ in range(8)]
        await studio.page.goto(f"{studio.url}/pool")
        rows = studio.page.locator("#answers > li")
        await expect(rows).to_have_count(8)
        answers.append((await http.post("/v1/responses", json=asked)).json()["id"])
        await expect(rows).to_have_count(9)

        for answer in answers:
            await http.post(f"/v1/responses/{answer}/cancel")
        for place in range(9):
            await expect(rows.nth(place)).to_contain_text("cancelled")


async def test_a_server_that_is_gone_is_told_and_what_was_seen_stays(studio):
    page = await studio.page.context.new_page()
    await page.goto(f"{studio.url}/pool")
    await expect(page.get_by_role("listitem", name="Worker w1")).to_be_visible()

    await page.context.set_offline(True)

    await expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    await expect(page.get_by_role("listitem", name="Worker w1")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_role("alert")).to_be_hidden()


async def enter(page, key):
    await page.get_by_role("textbox", name="Key").fill(key)
    await page.keyboard.press("Enter")


async def test_the_operators_key_opens_whose_pictures_wait_and_drains_a_worker(redis, pool, page):
    keyed = gateway(redis, Planner(*STORY), pool, api_keys={"secret": "acme"}, admin_key=OPERATOR)
    async with keyed as app, listening(app) as url, Studio.opened(page, f"{url}/pool") as studio:
        await enter(page, "secret")
        await expect(page.get_by_role("listitem", name="Worker w1")).to_be_visible()
        assert await studio.button("Drain w1").count() == 0
        assert not await page.get_by_role("table").is_visible()

        await studio.button("I am the operator").click()
        await enter(page, "not-the-operators-key")
        await expect(page.get_by_role("dialog")).to_contain_text("That is not the operator's key.")
        await enter(page, OPERATOR)

        rows = page.get_by_role("table").get_by_role("row")
        await expect(rows).to_have_text(["TenantWaiting, interactiveWaiting, batch", "acme12", "globex20"])
        assert await violations(page) == []
        await page.set_viewport_size({"width": 320, "height": 640})
        assert await page.evaluate("document.documentElement.scrollWidth") == 320

        await studio.button("Drain w1").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog", name="Drain w1?")).to_contain_text("takes no more pictures")
        await page.keyboard.press("Enter")
        await eventually(lambda: pool.drained == "w1")


async def test_where_there_is_no_operators_key_the_page_says_how_to_set_one(studio):
    page = await studio.page.context.new_page()
    await page.goto(f"{studio.url}/pool")

    await page.get_by_role("button", name="I am the operator").click()

    await expect(page.get_by_role("alert")).to_contain_text("This server has no operator's key.")
