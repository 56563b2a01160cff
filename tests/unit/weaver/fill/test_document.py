import pytest

from weaver.fill.document import described_pictures, link, linked, to_draw

FOLDER = "story-pictures"


def descriptions(text):
    return [picture.description for picture in described_pictures(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("![A fox]()", ["A fox"]),
        ("Once ![A fox]() there ![an owl]( ) were.", ["A fox", "an owl"]),
        ("# ![A fox]()\n\n> ![an owl](<>)\n\n- ![a hare]()", ["A fox", "an owl", "a hare"]),
        ("![A fox\nasleep]()", ["A fox asleep"]),
        (r"![A fox \[red\] \*here\*]()", ["A fox [red] *here*"]),
        ("![A `fox`]()", ["A `fox`"]),
        ("![]()", []),
        ("![ ]()", []),
        ("[A fox]()", []),
        (r"\![A fox]()", []),
        ("`![A fox]()`", []),
        ("``a ` ![A fox]()`` ![an owl]()", ["an owl"]),
        ("```\n![A fox]()\n```", []),
        ("    ![A fox]()", []),
        ("<div>\n![A fox]()\n</div>", []),
        ("| ![A fox]() | ![an owl]() |\n|---|---|", ["A fox", "an owl"]),
        ("Über ![Füchse 🦊]()", ["Füchse 🦊"]),
    ],
)
def test_pictures_are_found_where_markdown_has_them_and_nowhere_else(text, found):
    assert descriptions(text) == found


def test_only_what_has_no_picture_of_its_words_is_drawn():
    drawn, lost = link(FOLDER, "A fox"), link(FOLDER, "a bear")
    text = "\n\n".join(
        [
            f"![A fox]({drawn})",
            f"![An owl]({drawn})",
            f"![a bear]({lost})",
            "![a hare]()",
            "![a hare]()",
            "![a photograph](photo.jpg)",
            "![another's](https://example.org/picture.png)",
            "![named alike](other-pictures/picture-0123456789ab.png)",
        ]
    )
    assert to_draw(text, FOLDER, lambda target: target == drawn) == ["An owl", "a bear", "a hare"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_drawn_is_linked_and_nothing_else_is_touched(end):
    text = end.join(
        ["Once.", "", "![A fox]() and ![a hare]()", "", "`![A fox]()`", "![A fox](photo.jpg)", ""]
    )
    fox = link(FOLDER, "A fox")

    filled = linked(text, FOLDER, {"A fox": fox})
    assert filled == text.replace("![A fox]() and", f"![A fox]({fox}) and")
    assert linked(filled, FOLDER, {"A fox": fox}) == filled


def test_a_picture_described_anew_is_linked_anew():
    old, new = link(FOLDER, "A fox"), link(FOLDER, "A red fox")
    assert linked(f"![A red fox]({old})", FOLDER, {"A red fox": new}) == f"![A red fox]({new})"
