from weaver import DrawnPicture, Weaver
from weaver.fill.drawing import Document

DESCRIPTION = "A fox at the sea"


class Gateway(Weaver):
    """Draws at once."""

    def draw(self, description, **options):
        return DrawnPicture(1, b"a picture")


def test_a_link_to_a_document_stays_one_and_the_document_itself_is_filled(tmp_path):
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "story.md", tmp_path / "other name.md"
    real.write_text(f"![{DESCRIPTION}]()\n")
    link.symlink_to(real)
    path = Document(link).draw(DESCRIPTION, Gateway(), {}, apart=True)

    assert link.is_symlink()
    assert real.read_text() == f"![{DESCRIPTION}](story-pictures/{path.name})\n"
    assert path == tmp_path / "real" / "story-pictures" / path.name
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other name.md", "real"]
    assert Document(link).to_draw() == Document(real).to_draw() == []
