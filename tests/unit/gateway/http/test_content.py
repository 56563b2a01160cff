"""Files over HTTP: parts, and what a client has already."""

import json

import pytest

from gateway.answer.errors import RangeNotSatisfiable
from gateway.http.routes.content import answer, span
from gateway.store.files import Content, File
from visualizer_service.blobs.blobs import Blob

FILE = File(id="file-1", bytes=10, created_at=100, expires_at=200, filename='fäx".png', purpose="vision")
CONTENT = Content(FILE, "b" * 64, Blob(b"0123456789", "image/png"))
ETAG = f'"{"b" * 64}"'


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-3", b"0123"),
        ("bytes=7-", b"789"),
        ("bytes=-2", b"89"),
        ("bytes=-99", b"0123456789"),
        ("bytes=8-99", b"89"),
    ],
)
def test_a_part_is_sent_where_one_is_asked_for(wanted, part):
    sent = answer(CONTENT, {"range": wanted}, now=150)

    start = b"0123456789".index(part)
    assert (sent.status_code, sent.body) == (206, part)
    assert sent.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/10"


@pytest.mark.parametrize("wanted", ["bytes=3-1", "bytes=0-1,4-5", "bytes=-", "rows=0-1", "", "bytes=a-b"])
def test_a_range_that_is_not_understood_gets_the_whole(wanted):
    assert span(wanted, 10) is None
    assert answer(CONTENT, {"range": wanted}, now=150).body == b"0123456789"


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_size(wanted):
    refused = answer(CONTENT, {"range": wanted}, now=150)

    assert (refused.status_code, refused.headers["content-range"]) == (416, "bytes */10")
    assert refused.media_type == "application/problem+json"
    told = json.loads(bytes(refused.body))["detail"]
    assert wanted in told
    assert "10 bytes" in told
    with pytest.raises(RangeNotSatisfiable):
        span(wanted, 10)


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_what_the_client_has_is_not_sent_again(known):
    assert answer(CONTENT, {"if-none-match": known}, now=150).status_code == 304
    assert answer(CONTENT, {"if-none-match": '"other"'}, now=150).status_code == 200


def test_a_part_of_something_else_is_not_sent():
    sent = {"range": "bytes=0-3", "if-range": '"other"'}

    assert answer(CONTENT, sent, now=150).status_code == 200
    assert answer(CONTENT, sent | {"if-range": ETAG}, now=150).status_code == 206


def test_it_may_be_kept_until_it_expires_and_is_shown_in_place():
    headers = answer(CONTENT, {}, now=150).headers

    assert headers["cache-control"] == "private, max-age=50, immutable"
    assert answer(CONTENT, {}, now=300).headers["cache-control"].startswith("private, max-age=0")
    assert headers["content-disposition"] == "inline; filename*=UTF-8''f%C3%A4x%22.png"
    assert (headers["content-type"], headers["etag"]) == ("image/png", ETAG)
