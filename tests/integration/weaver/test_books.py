"""Every kind of answer makes a book that a checker of EPUB has nothing against."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.gateway.node import run_node
from tests.unit.weaver.client.answers import lost, message, picture, response
from weaver.client.answer import answer
from weaver.export.book import book

pytestmark = pytest.mark.integration

EVIL = "<p>&nbsp;</x> ]]> \x00\ufffe 'co'"


def drawn(format: str) -> str:
    out = io.BytesIO()
    Image.new("RGB", (160, 96), "teal").save(out, format)
    return base64.b64encode(out.getvalue()).decode()


BOOKS = {
    "every type of picture": [
        message("Once.\n\nThere was a fox."),
        *(
            picture(f"img{number}", output_format=format, result=drawn(format))
            for number, format in enumerate(("png", "jpeg", "webp"), start=1)
        ),
        message("The end."),
    ],
    "text alone": [message("Once.")],
    "pictures alone": [picture("img1"), picture("img2")],
    "a picture that did not come": [message("Once."), lost("img1"), message("The end.")],
    "words that are no XML": [message(EVIL), picture("img1", description=EVIL)],
    "nothing at all": [],
}


async def test_a_checker_of_books_finds_nothing(tmp_path: Path) -> None:
    files = [tmp_path / f"{name.replace(' ', '-')}.epub" for name in BOOKS]
    for file, parts in zip(files, BOOKS.values(), strict=True):
        file.write_bytes(book(answer(response(*parts)), EVIL))

    found = await run_node("books.mjs", *map(str, files))

    assert dict(zip(BOOKS, found, strict=True)) == {name: [] for name in BOOKS}


async def test_the_checker_finds_what_is_wrong(tmp_path: Path) -> None:
    """A picture that is not of the type it says."""
    wrong = tmp_path / "wrong.epub"
    wrong.write_bytes(book(answer(response(picture("img1", output_format="jpeg")))))

    ((found,),) = await run_node("books.mjs", str(wrong))

    assert found.startswith("error OPF-029")
