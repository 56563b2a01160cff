"""Files that a request names: looked for once each, a few at a time, without their bytes; long URLs name none."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.answer.errors import NotFound
from gateway.answer.folding import fold
from gateway.dialects.common.file_urls import MOST_URL_CHARS, file_in, signature_in
from gateway.dialects.common.named_files import AT_ONCE, NamedFiles
from gateway.dialects.gemini.accept import _file_name
from gateway.store.files import Files
from tests.fakes import ask
from tests.unit.gateway.answer.test_folding import EVENTS

REQUEST = ask(f"resp_{'0' * 32}")
DRAWN = [picture for picture in fold(EVENTS).pictures if picture.blob]


class Looks:
    """Stands in for `Files`; each look takes a few turns of the loop."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self._now = self.most_at_once = 0

    async def blob_id(self, tenant: str | None, file_id: str, param: str) -> str:
        await self._look(file_id)
        if "gone" in file_id:
            raise NotFound("There is no such file.", code="file_not_found", param=param)
        return f"blob of {file_id}"

    async def drawn_blobs(self, tenant: str | None, response_id: str, param: str) -> dict[str, str]:
        await self._look(response_id)
        return {f"file-{'0' * 32}-{item}": f"blob {item}" for item in range(3)}

    def unknown(self, file_id: str, param: str) -> NotFound:
        return NotFound(file_id, param=param)

    async def _look(self, name: str) -> None:
        self.looked.append(name)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        for _ in range(3):
            await asyncio.sleep(0)
        self._now -= 1


@pytest.fixture
def looks():
    return Looks()


@pytest.fixture
def named(looks):
    return NamedFiles(cast(Files, looks))


async def test_a_file_that_is_named_a_thousand_times_is_looked_for_once(looks, named):
    found = await asyncio.gather(*[named.blob_id("acme", "file-1", "here") for _ in range(1000)])

    assert (set(found), looks.looked) == ({"blob of file-1"}, ["file-1"])


async def test_the_pictures_of_one_answer_take_one_look(looks, named):
    names = [f"file-{'0' * 32}-{item}" for item in range(3)]

    assert [await named.blob_id("acme", name, "here") for name in names] == ["blob 0", "blob 1", "blob 2"]
    assert len(looks.looked) == 1


async def test_many_files_are_looked_for_a_few_at_a_time(looks, named):
    await asyncio.gather(*[named.blob_id("acme", f"file-{number}", "here") for number in range(100)])

    assert (looks.most_at_once, len(looks.looked)) == (AT_ONCE, 100)


async def test_a_file_that_is_not_there_is_told_by_each_field_that_names_it(looks, named):
    for param in ("one", "other"):
        with pytest.raises(NotFound) as error:
            await named.blob_id("acme", "file-gone", param)
        assert (error.value.param, error.value.code) == (param, "file_not_found")
    assert looks.looked == ["file-gone"]


async def test_whose_blob_a_picture_is_is_told_without_its_bytes():
    class History:
        async def request(self, tenant: str | None, response_id: str, param: str) -> Any:
            return REQUEST

        async def document(self, response_id: str) -> Any:
            return fold(EVENTS)

    class Unread:
        async def get(self, blob_id: str) -> None:
            raise AssertionError("read")

    files = Files(cast(Any, SimpleNamespace()), cast(Any, Unread()), cast(Any, History()), 60)

    assert await files.blob_id("acme", f"file-{'0' * 32}-{DRAWN[0].item}") == DRAWN[0].blob
    with pytest.raises(NotFound):
        await files.blob_id("acme", f"file-{'0' * 32}-999")


@pytest.mark.parametrize("find", [file_in, signature_in, _file_name])
def test_a_url_longer_than_any_of_ours_is_not_looked_into(find):
    signed = f"/v1/files/file-{'0' * 32}-1/content?expires=1&signature="
    short, long = (signed + "a" * (chars - len(signed)) for chars in (MOST_URL_CHARS, MOST_URL_CHARS + 1))

    assert find(short) is not None
    assert find(long) is None


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("files/file-1", "file-1"),
        ("https://gateway/v1beta/files/file-1", "file-1"),
        ("https://gateway/v1/files/file-1/content?expires=1", "file-1"),
        ("files/a/content/" * 9 + "files/file-1", "file-1"),
        ("files/a/content/" * 9 + "\n", None),
        ("files/a/content?" * 9 + "\n", None),
        ("files/file-1/content/more", None),
        ("https://gateway/?files/file-1", None),
    ],
)
def test_a_file_of_googles_form_is_named_at_the_end_of_a_uri(uri, name):
    assert _file_name(uri) == name
