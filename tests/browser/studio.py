"""The studio as somebody sees it who sits before it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

expect.set_options(timeout=60_000)

WHOLE = re.compile(r"/file-[0-9a-f]+-[0-9]+/content$")
# What the browser itself says of every refused request; whoever asks for trouble gets it.
REFUSED = "Failed to load resource"


@dataclass
class Studio:
    """An open page. `wrongs` are errors of its code and violations of its policy: there must be none."""

    page: Page
    url: str
    wrongs: list[str]

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, page: Page, url: str) -> AsyncIterator[Studio]:
        studio = cls(page, url, [])
        page.on("pageerror", lambda error: studio.wrongs.append(str(error)))
        page.on("console", lambda said: studio.hear(said.type, said.text))
        await page.goto(url)
        yield studio
        await page.close()
        assert studio.wrongs == []

    def hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(REFUSED):
            self.wrongs.append(text)

    async def ask(self, wish: str) -> None:
        await expect(self.page.locator("#model")).not_to_be_empty()
        await self.wish.fill(wish)
        await self.wish.press("Enter")

    @property
    def wish(self) -> Locator:
        return self.page.get_by_label("What do you want to read and see?")

    @property
    def turn(self) -> Locator:
        """The latest turn."""
        return self.page.get_by_role("article").last

    @property
    def answer(self) -> Locator:
        return self.turn.locator(".answer")

    def picture(self, number: int) -> Locator:
        """A picture of the latest turn, counted from 1."""
        return self.turn.get_by_role("figure").nth(number - 1)

    async def details(self, number: int) -> Locator:
        """What is told of a picture of the latest turn, in its fold."""
        fold = self.turn.locator("details.details")
        if await fold.get_attribute("open") is None:
            await fold.locator("> summary").click()
        return fold.get_by_role("listitem", name=f"Details of picture {number}")

    async def press(self, number: int, action: str) -> None:
        """Does something with a picture that is in the menu below it."""
        await self.picture(number).locator(".menu summary").click()
        await self.picture(number).get_by_role("button", name=action).click()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def ended(self, patience_s: float = 20) -> None:
        await expect(self.turn).to_have_attribute("aria-busy", "false", timeout=1000 * patience_s)

    async def drawn(self, number: int) -> None:
        """A picture has come, and the browser could read it."""
        picture = self.picture(number)
        image = picture.get_by_role("img").first
        await expect(picture).to_have_attribute("data-state", "done")
        # The picture itself, no longer a look on the way, which would be gone while it is decoded.
        await expect(image).to_have_attribute("data-url", WHOLE)
        # The version that is wanted now: the one before stands until it has come.
        wanted = await image.get_attribute("data-url")
        await expect(image).to_have_attribute("data-shown", wanted or "")
        await expect(image).to_have_js_property("complete", True)
        assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)")

    async def download(self, press: Callable[[], Awaitable[None]]) -> tuple[str, Path]:
        """The name and the place of the file that pressing something saves."""
        async with self.page.expect_download() as coming:
            await press()
        download = await coming.value
        return download.suggested_filename, await download.path()

    async def save_as(self, form: str) -> tuple[str, Path]:
        await self.page.locator("#save summary").click()
        return await self.download(self.button(form).click)
