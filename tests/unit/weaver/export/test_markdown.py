import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.unit.weaver.client.answers import PNG, lost, message, picture, response
from weaver.client.answer import answer
from weaver.export.files import FORMS, save_pictures, write
from weaver.export.markdown import escaped

READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
LINES = st.text(alphabet=st.sampled_from("ab1 \t\\`*_[]()<>&~|#+-=.!\"'$:/\n"), max_size=60)


def read(text):
    """What a reader of Markdown would see of paragraphs, line by line; anything else shows as its kind."""
    seen = []
    for token in READER.parse(text):
        if token.type == "inline":
            seen.append("".join(_leaf(child) for child in token.children or []))
        elif token.type not in ("paragraph_open", "paragraph_close"):
            seen.append(f"({token.type})")
    return "\n".join(seen)


def _leaf(token):
    kinds = {"text": token.content, "hardbreak": "\n", "text_special": token.content}
    return kinds.get(token.type, f"({token.type})")


@given(LINES)
def test_plain_text_reads_as_itself_whatever_markup_it_looks_like(text):
    plain = "\n".join(line.strip() for line in text.split("\n") if line.strip())
    assert read(escaped(text)) == plain


def test_pictures_stand_in_their_places_beside_the_text(tmp_path):
    story = answer(response(message("Once.\n\nUpon."), picture("img1"), lost("img2"), message("The end.")))
    write(story, tmp_path / "my story.md", "A story")
    text = (tmp_path / "my story.md").read_text(encoding="utf-8")
    blocks = text.split("\n\n")
    assert blocks[:3] == ["# A story", "Once.", "Upon."]
    assert blocks[3] == '![A fox \\& a "boat".](my%20story-pictures/img1.png)'
    assert blocks[5] == '> This picture did not come: A fox \\& a "boat".'
    assert blocks[6] == "The end."
    assert (tmp_path / "my story-pictures" / "img1.png").read_bytes() == PNG


@pytest.mark.parametrize("form", [form for form in FORMS if form != ".png"])
def test_every_form_of_text_can_be_written_even_of_an_answer_without_anything(tmp_path, form):
    write(answer(response(status="failed")), tmp_path / f"empty{form}")
    assert (tmp_path / f"empty{form}").stat().st_size


def test_no_folder_is_made_where_there_is_no_picture(tmp_path):
    save_pictures(answer(response(lost("img1"))), tmp_path / "pictures")
    assert not (tmp_path / "pictures").exists()
