"""What can be taken away from the studio: books, and programs that ask the same."""

import asyncio
import json
import re
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.integration.gateway.node import run_node

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a fox & the sea"


@pytest_asyncio.fixture(loop_scope="session")
async def told(studio):
    """A studio with a story in it."""
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()
    return studio


async def test_the_saved_page_needs_nothing_else(told, tmp_path):
    name, file = await told.save_as("Web page (HTML)")
    assert name == "a-story-about-a-fox-the-sea.html"
    saved = tmp_path / name
    saved.write_bytes(file.read_bytes())

    asked = []
    page = await told.page.context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(saved.as_uri())

    await expect(page.get_by_role("heading", level=1)).to_have_text(WISH)
    shown = await page.evaluate(
        "[...document.querySelectorAll('p, img')].map(part => part.naturalWidth ? part.alt : part.textContent)"
    )
    assert shown == [
        "A fox lived by the wood.",
        "a fox before a house",
        "One day it found the sea.",
        "the fox at the sea",
    ]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


async def test_markdown_comes_with_its_pictures(told):
    name, file = await told.save_as("Markdown and pictures")

    assert name.endswith(".zip")
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        text = archive.read("story.md").decode()
        assert re.findall(r"!\[(.*?)\]\((.*?)\)", text) == [
            ("a fox before a house", "images/picture-1.png"),
            ("the fox at the sea", "images/picture-2.png"),
        ]
        assert archive.read("images/picture-2.png").startswith(b"\x89PNG")


async def test_the_book_is_an_epub(told):
    name, file = await told.save_as("Book (EPUB)")

    assert name.endswith(".epub")
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert (names[0], archive.read("mimetype")) == ("mimetype", b"application/epub+zip")
        documents = {
            name: ElementTree.fromstring(archive.read(name)) for name in names if name.endswith(("ml", "opf"))
        }
    package = documents["book.opf"]
    listed = [item.get("href") for item in package.iter("{http://www.idpf.org/2007/opf}item")]
    assert sorted(listed) == sorted(set(names) - {"mimetype", "META-INF/container.xml", "book.opf"})
    chapter = "".join(documents["chapter-1.xhtml"].itertext())
    assert "A fox lived by the wood." in chapter
    assert WISH in chapter
    assert await run_node("books.mjs", str(file)) == [[]]


async def copied(studio, what):
    """What a button puts onto the clipboard."""
    await studio.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await studio.turn.get_by_text("Details", exact=True).click()
    await studio.turn.get_by_role("button", name=what).click()
    await expect(studio.page.locator("#note")).to_have_text(f"Copied as {what.removeprefix('Copy as ')}.")
    return await studio.page.evaluate("navigator.clipboard.readText()")


async def run(*command):
    """What a program of the machine prints."""
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    async with asyncio.timeout(60):
        told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


async def test_the_copied_command_asks_the_same(told, planner):
    command = await copied(told, "Copy as curl")

    streamed = await run("bash", "-c", command)

    last = json.loads(streamed.strip().split("\n")[-1].removeprefix("data: "))
    assert (last["type"], len(last["response"]["output"])) == ("response.completed", 4)
    assert planner.asked[1].messages == planner.asked[0].messages


async def test_the_copied_program_asks_the_same_and_saves_the_pictures(told, planner, tmp_path):
    program = tmp_path / "ask.py"
    program.write_text(await copied(told, "Copy as Python"), encoding="utf-8")

    printed = await run("env", "-C", str(tmp_path), sys.executable, str(program))

    assert "One day it found the sea." in printed
    assert (tmp_path / "picture-3.png").read_bytes().startswith(b"\x89PNG")
    assert planner.asked[1].messages == planner.asked[0].messages
