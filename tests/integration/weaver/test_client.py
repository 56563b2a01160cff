"""The Python client against a gateway on a port of its own, so that what is tested is what travels."""

import asyncio
import contextlib

import pytest

from planner_service.wire import ImagePart
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening, png
from tests.integration.gateway.held import HeldPool
from weaver import (
    AsyncWeaver,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    Picture,
    PictureDone,
    PicturePreview,
    PictureProgress,
    Text,
    TextDelta,
    Weaver,
)

pytestmark = pytest.mark.integration


@pytest.fixture
async def url(redis, planner):
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        yield url


@pytest.fixture
async def weaver(url):
    async with AsyncWeaver(url) as weaver:
        yield weaver


async def test_an_answer_comes_event_by_event_and_whole(weaver):
    stream = weaver.ask("A story", seed=3, previews=1)
    seen = [event async for event in stream]
    answer = await stream.answer()

    assert "".join(event.text for event in seen if isinstance(event, TextDelta)) == answer.text
    assert [event.step for event in seen if isinstance(event, PictureProgress)] == [1, 1]
    assert [event.data for event in seen if isinstance(event, PicturePreview)] == [png(200)] * 2
    assert [event.picture for event in seen if isinstance(event, PictureDone)] == list(answer.pictures)
    assert [type(part) for part in answer.parts] == [Text, Picture, Text, Picture]
    first, second = answer.pictures
    assert (first.id, first.description, first.data) == ("img1", "picture 0", png(0))
    assert [used.id for used in second.references] == ["img1"]
    assert (answer.status, answer.seed, answer.id) == ("completed", 3, stream.response_id)
    assert answer.timeline is not None
    assert first.timings is not None


async def test_the_synchronous_client_gets_the_same_answer(url, weaver):
    def ask():
        with Weaver(url) as weaver:
            answer = weaver.ask("A story").answer()
            events = list(weaver.resume(answer.id))
            return answer, events, weaver.retrieve(answer.id), weaver.models(), weaver.status()

    answer, events, again, models, status = await asyncio.to_thread(ask)
    assert await weaver.retrieve(answer.id) == again == answer
    assert [event async for event in weaver.resume(answer.id)] == events
    assert models == await weaver.models()
    assert [(model.id, model.default_size) for model in models] == [("storybook", (64, 64))]
    assert status.ready


async def test_a_reader_goes_on_after_any_event(weaver):
    stream = weaver.ask("A story")
    seen = [event async for event in stream]
    for place, event in enumerate(seen):
        assert [later async for later in weaver.resume(stream.response_id, event.number)] == seen[place + 1 :]


async def test_whoever_knows_the_last_event_already_gets_the_answer_at_once(weaver):
    stream = weaver.ask("A story")
    answer = await stream.answer()
    assert await weaver.resume(answer.id, stream.number).answer() == answer


async def test_images_are_sent_as_files_bytes_or_uploads(weaver, planner, tmp_path):
    (tmp_path / "fox.jpg").write_bytes(png(1, format="JPEG"))
    uploaded = await weaver.upload(png(2))
    await weaver.ask("This", images=[tmp_path / "fox.jpg", png(3), uploaded], references=["in3"]).answer()

    content = planner.asked[0].messages[0].content
    assert [part.id for part in content if isinstance(part, ImagePart)] == ["in1", "in2", "in3"]


async def test_an_answer_goes_on_from_another(weaver, planner):
    first = await weaver.ask("A story").answer()
    await weaver.ask("And then?", previous_response_id=first.id, references=["img1"]).answer()
    assert len(planner.asked[1].messages) == 3


async def test_an_answer_can_be_cancelled(redis):
    pool = HeldPool(redis)
    async with (
        gateway(redis, Planner(*STORY), pool) as app,
        listening(app) as url,
        AsyncWeaver(url) as weaver,
    ):
        stream = weaver.ask("A story")
        events = aiter(stream)
        while not isinstance(await anext(events), PictureProgress):
            pass
        assert stream.response_id is not None
        cancelled = await weaver.cancel(stream.response_id)
        answer = await stream.answer()

    assert (cancelled.status, answer.status) == ("cancelled", "cancelled")
    assert answer.text.startswith("Once.")
    assert all(picture.failure for picture in answer.pictures)


async def test_pictures_that_were_delivered_as_urls_come_with_their_bytes_all_the_same(url, weaver):
    async with weaver._http as http:
        response = (await http.post("/v1/responses", json={"input": "A story", "delivery": "url"})).json()
        answer = await weaver.retrieve(response["id"])
    assert [picture.data for picture in answer.pictures] == [png(0), png(1)]


async def test_what_is_refused_says_which_field_and_under_which_request(weaver):
    with pytest.raises(InvalidRequest) as caught:
        await weaver.ask("A story", size="7x7").answer()
    assert (caught.value.status, caught.value.field) == (400, "size")
    assert caught.value.request_id
    with pytest.raises(NotFound):
        await weaver.retrieve("resp_/../x")


async def test_a_key_is_sent_where_one_is_wanted(redis):
    keys = {"api_keys": {"secret": "acme"}}
    async with gateway(redis, Planner(*STORY), Pool(redis), **keys) as app, listening(app) as url:
        async with AsyncWeaver(url) as nobody:
            with pytest.raises(NotAuthenticated):
                await nobody.models()
        async with AsyncWeaver(url, "secret") as somebody:
            assert len((await somebody.ask("A story").answer()).pictures) == 2


@contextlib.asynccontextmanager
async def cutting(url, most_bytes):
    """A way to the gateway on which each of the first connections breaks after so many bytes of what comes back."""
    host, port = url.removeprefix("http://").split(":")
    left = list(most_bytes)

    async def pass_on(reader, writer, most):
        while most > 0 and (piece := await reader.read(min(65536, most))):
            most -= len(piece)
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def connected(reader, writer):
        to_reader, to_writer = await asyncio.open_connection(host, int(port))
        back = pass_on(to_reader, writer, left.pop(0) if left else 10**9)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(pass_on(reader, to_writer, 10**9), back)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_connections_that_break_in_the_middle_cost_nothing(url, planner):
    async with cutting(url, [3000, 2500, 9000]) as shaky, AsyncWeaver(shaky, pauses_s=(0, 0)) as weaver:
        stream = weaver.ask("A story")
        seen = [event async for event in stream]
        answer = await stream.answer()

    assert answer.status == "completed"
    assert len({event.number for event in seen}) == len(seen)
    assert "".join(event.text for event in seen if isinstance(event, TextDelta)) == answer.text
    assert len(planner.asked) == 1
