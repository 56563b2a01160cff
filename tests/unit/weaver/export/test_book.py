import io
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from tests.unit.weaver.client.answers import PNG, lost, message, picture, response
from weaver.client.answer import answer
from weaver.export.book import book

OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
XHTML = "{http://www.w3.org/1999/xhtml}"
OPS = "{http://www.idpf.org/2007/ops}"
EVIL = "<p>&nbsp;</x> ]]> \x00\ufffe 'co'"
ASKED = 'A story of <you> & "me"'


@pytest.fixture
def archive():
    story = response(
        message(f"Once.\n\n{EVIL}"), picture("img1"), picture("img2", output_format="jpeg"), lost("img3")
    )
    with zipfile.ZipFile(io.BytesIO(book(answer(story), ASKED))) as archive:
        yield archive


@pytest.fixture
def package(archive):
    container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
    root = container.find(".//{*}rootfile")
    assert root is not None
    assert root.get("media-type") == "application/oebps-package+xml"
    return ElementTree.fromstring(archive.read(root.attrib["full-path"]))


def items(package):
    return {item.attrib["id"]: item for item in package.iter(f"{OPF}item")}


def test_the_archive_begins_with_its_media_type_stored_as_it_is(archive):
    raw = archive.fp.getvalue()
    assert raw[30:38] == b"mimetype"
    assert raw[38:58] == b"application/epub+zip"
    assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
    assert archive.testzip() is None


def test_the_package_names_itself_its_title_and_when_it_was_made(package):
    identifier = package.find(f".//{DC}identifier")
    assert package.get("unique-identifier") == identifier.get("id")
    assert identifier.text == "urn:weaver:resp_1"
    assert package.findtext(f".//{DC}title") == ASKED
    assert package.find(f".//{DC}language") is not None
    modified = [
        meta.text for meta in package.iter(f"{OPF}meta") if meta.get("property") == "dcterms:modified"
    ]
    assert modified == ["2023-11-14T22:13:20Z"]


def test_the_manifest_lists_every_file_once_and_what_the_spine_reads(archive, package):
    listed = [f"EPUB/{item.attrib['href']}" for item in items(package).values()]
    apart = {"mimetype", "META-INF/container.xml", "EPUB/package.opf"}
    assert sorted(listed) == sorted(set(archive.namelist()) - apart)
    spine = [itemref.attrib["idref"] for itemref in package.iter(f"{OPF}itemref")]
    assert spine
    assert set(spine) <= items(package).keys()
    assert all(items(package)[name].get("media-type") == "application/xhtml+xml" for name in spine)


def test_pictures_have_their_media_types_and_the_first_is_the_cover(archive, package):
    found = {name: (item.get("media-type"), item.get("properties")) for name, item in items(package).items()}
    assert found["img1"] == ("image/png", "cover-image")
    assert found["img2"] == ("image/jpeg", None)
    assert "img3" not in found
    assert archive.read("EPUB/img1.png") == PNG


def test_the_contents_lead_to_the_chapter(archive, package):
    (nav,) = [item for item in items(package).values() if item.get("properties") == "nav"]
    contents = ElementTree.fromstring(archive.read(f"EPUB/{nav.attrib['href']}"))
    toc = contents.find(f".//{XHTML}nav")
    assert toc is not None
    assert toc.get(f"{OPS}type") == "toc"
    links = [link.attrib["href"] for link in toc.iter(f"{XHTML}a")]
    assert links == ["story.xhtml"]


def test_the_chapter_is_well_formed_whatever_it_tells_and_leads_nowhere_outside(archive):
    chapter = ElementTree.fromstring(archive.read("EPUB/story.xhtml"))
    text = "".join(chapter.itertext())
    assert "<p>&nbsp;</x> ]]>" in text
    assert "This picture did not come." in text
    images = [(image.get("src"), image.get("alt")) for image in chapter.iter(f"{XHTML}img")]
    assert images == [("img1.png", 'A fox & a "boat".'), ("img2.jpeg", 'A fox & a "boat".')]
    ids = [element.attrib["id"] for element in chapter.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    links = {link.attrib["href"] for link in chapter.iter(f"{XHTML}a")}
    assert links <= {f"#{name}" for name in ids}


def test_the_same_answer_makes_the_same_book():
    story = answer(response(message("Once."), picture("img1")))
    assert book(story) == book(story)
