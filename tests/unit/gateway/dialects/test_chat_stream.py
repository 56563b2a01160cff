"""Internal events as OpenAI's Chat Completions API: pinned by golden files, and valid by the SDK's own types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from gateway.answer.errors import GatewayError, StoreUnavailable
from gateway.answer.folding import fold
from gateway.dialects.chat.completion import completion
from gateway.dialects.chat.marks import PictureMark, content, split_marks
from gateway.dialects.chat.stream import ChatRenderer
from gateway.dialects.common.wire import Inline
from tests.fakes import ask, blob
from tests.unit.gateway.answer.test_folding import EVENTS
from tests.unit.gateway.dialects.goldens import EARLY, compare, plain

REQUEST = ask(f"resp_{'0' * 32}")


def rendered(events, request=REQUEST, with_usage=True):
    renderer = ChatRenderer(request, with_usage)
    return [wire for event in events for wire in renderer.render(event)]


def deltas(events, **options):
    chunks = [wire.data for wire in rendered(events, **options)]
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]


def test_a_whole_story_streams_as_the_golden_file():
    compare("chat_stream.json", [wire.data for wire in rendered(EVENTS)])


@pytest.mark.parametrize("ending", EARLY)
def test_an_early_end_streams_as_the_golden_file(ending):
    compare(f"chat_stream_{ending}.json", [wire.data for wire in rendered(EARLY[ending])][-3:])


def test_a_whole_story_is_the_golden_completion():
    compare("chat_object.json", completion(REQUEST, fold(EVENTS)))


def test_chunks_and_completions_are_valid_by_the_sdk():
    ChatCompletion.model_validate(plain(completion(REQUEST, fold(EVENTS))))
    for wire in rendered(EVENTS):
        assert wire.type is None
        ChatCompletionChunk.model_validate(plain(wire.data))


@pytest.mark.parametrize("events", [EVENTS, *EARLY.values()], ids=["completed", *EARLY])
def test_the_streamed_text_is_the_whole_text_and_every_picture_has_one_outcome(events):
    document = fold(events)
    sent = deltas(events)

    assert "".join(delta.get("content", "") for delta in sent) == content(REQUEST, document)
    outcomes = [shown["picture"] for delta in sent for shown in delta.get("images", [])]
    outcomes += [missed["picture"] for delta in sent for missed in delta.get("failed_images", [])]
    assert sorted(outcomes) == [picture.id for picture in document.pictures]


@pytest.mark.parametrize("ending", ["failed", "cancelled"])
def test_half_an_answer_is_an_error(ending):
    with pytest.raises(GatewayError):
        completion(REQUEST, fold(EARLY[ending]))
    assert rendered(EARLY[ending])[-1].data["error"]["code"]


def test_usage_is_told_only_to_those_who_ask():
    sent = rendered(EVENTS, with_usage=False)

    assert all("usage" not in wire.data for wire in sent)
    assert sent[-1].data["choices"][0]["finish_reason"] == "stop"
    assert rendered(EVENTS)[-1].data["usage"]["total_tokens"] == 18


def test_pictures_come_as_data_urls_or_as_urls():
    (shown,) = [image for delta in deltas(EVENTS) for image in delta.get("images", [])]
    by_url = ask(f"resp_{'0' * 32}", delivery="url")
    (linked,) = [image for delta in deltas(EVENTS, request=by_url) for image in delta.get("images", [])]

    assert shown["image_url"]["url"] == Inline(blob("img1"), "image/png")
    assert linked["image_url"]["url"] == f"/v1/files/file-{'0' * 32}-1/content"


def test_only_the_chunk_that_brings_a_picture_says_when_it_was_published():
    assert [wire.published_at for wire in rendered(EVENTS) if wire.published_at] == [8]


def test_last_words_are_what_openais_clients_raise():
    assert (
        ChatRenderer(REQUEST, False).last_words(StoreUnavailable()).data["error"]["code"]
        == "store_unavailable"
    )


@given(st.text(alphabet="a]b[\\ \n)(!", min_size=1))
def test_any_description_survives_the_way_there_and_back(description):
    described = [
        event.model_copy(update={"description": description}) if event.type == "picture_described" else event
        for event in EVENTS
    ]
    text = content(REQUEST, fold(described))

    marked = PictureMark(f"file-{'0' * 32}-1", " ".join(description.split()))
    assert list(split_marks(text)) == ["One fox.", marked]


@pytest.mark.parametrize(
    "text", ["![a](b)", "![a](/v1/files/file-x/content", "a [b](/v1/files/file-0-1/content)", ""]
)
def test_other_markdown_is_text(text):
    assert list(split_marks(text)) == ([text] if text else [])
