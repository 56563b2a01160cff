"""`/docs`: this service's description for people to read and try, with all that it needs served from here."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.answer.errors import NotFound
from gateway.http.routes.studio import Known, serve
from gateway.studio.pages import load

router = APIRouter(include_in_schema=False)

PAGES = load("reference")
# Nothing from elsewhere. Swagger UI sets styles of its elements, and its icons are `data:`.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
async def page(known: Known = None) -> Response:
    """The page itself."""
    return serve(PAGES["index.html"], POLICY, known)


@router.get("/docs/{file}")
async def part(file: str, known: Known = None) -> Response:
    """A script or style sheet of it."""
    if file not in PAGES:
        raise NotFound(f"There is nothing at /docs/{file[:80]}.", code="unknown_url")
    return serve(PAGES[file], POLICY, known)
