"""The studio: a page in the browser that uses the public API like any other client. Whoever may not ask can still open it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from gateway.answer.errors import NotFound
from gateway.studio.pages import Page, load

router = APIRouter(include_in_schema=False)

PAGES = load("static")
# Nothing from elsewhere, and nothing inline: what an answer says is never code. `blob:` and `data:` are pictures that the page has fetched.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Known = Annotated[str | None, Header(alias="if-none-match")]


@router.get("/")
async def page(known: Known = None) -> Response:
    """The page itself."""
    return serve(PAGES["index.html"], POLICY, known)


@router.get("/pool")
async def pool(known: Known = None) -> Response:
    """The page for operators."""
    return serve(PAGES["pool.html"], POLICY, known)


@router.get("/studio/{file:path}")
async def part(file: str, known: Known = None) -> Response:
    """A style sheet, a module or a font of it."""
    if file not in PAGES:
        raise NotFound(f"There is nothing at /studio/{file[:80]}.", code="unknown_url")
    return serve(PAGES[file], POLICY, known)


def serve(page: Page, policy: str, known: str | None) -> Response:
    """The file, or that the browser has it already; it asks each time, so that a page and its modules are of one version."""
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
        "etag": page.etag,
    }
    if known is not None and page.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(page.data, media_type=page.media_type, headers=headers)
