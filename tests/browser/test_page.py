"""How the studio's files are served."""

import re

import pytest

from gateway.studio.pages import load
from tests.integration.gateway.gateway_app import client, listening

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

NAMED = re.compile(r"""(?:from "\./|="studio/|url\(")([\w/-]+\.[\w.]+)""")


async def test_the_page_trusts_its_own_files_only(app):
    async with client(app) as http:
        page = await http.get("/")

    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_file_that_the_browser_has_is_not_sent_again(app):
    async with client(app) as http:
        first = await http.get("/studio/main.js")
        again = await http.get("/studio/main.js", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/studio/nothing.js", "/studio/../main.py", "/studio/%2e%2e%2fpages.py"])
async def test_what_is_not_of_the_studio_is_not_there(app, path):
    async with client(app) as http:
        assert (await http.get(path)).status_code == 404


async def test_every_file_that_a_file_names_is_there():
    pages = load("static")
    named = {
        name
        for page in pages.values()
        if page.media_type.startswith("text/")
        for name in NAMED.findall(page.data.decode())
    }
    assert {"main.js", "page.css", "icon.svg", "literata.woff2", "vendor/purify.min.js"} <= named
    assert named - pages.keys() == set()


async def test_the_reference_shows_every_route_with_nothing_from_elsewhere(app, page):
    asked = []
    async with listening(app) as url:
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{url}/docs")
        await page.wait_for_selector(".opblock")
        shown = await page.eval_on_selector_all(
            ".opblock-summary-path", "all => all.map(one => one.textContent)"
        )

    assert any("responses" in path for path in shown)
    assert all(one.startswith((url, "data:", "blob:")) for one in asked)
