"""An answer as an EPUB 3 book of one chapter, which any reading program opens.

Source:
    EPUB 3.3 (W3C Recommendation), §4.2: the container begins with `mimetype`, stored and without extra fields, and
    META-INF/container.xml names the package; §5: the package lists every other file.
"""

from __future__ import annotations

import io
import time
import zipfile

from weaver.client.answer import Answer
from weaver.export.story import file_name, story
from weaver.export.templates import filled

MEDIA_TYPE = "application/epub+zip"
CHAPTER = "story.xhtml"


def book(answer: Answer, prompt: str | None = None) -> bytes:
    """The book's file; the same answer makes the same bytes. `prompt` is what the answer answers."""
    content = story(answer, prompt, file_name)
    pictures = [picture for picture in answer.pictures if picture.data is not None]
    modified = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(answer.created_at))
    files: dict[str, str | bytes] = {
        "mimetype": MEDIA_TYPE,
        "META-INF/container.xml": filled("container.xml"),
        "EPUB/package.opf": filled(
            "package.opf.j2",
            story=content,
            id=answer.id,
            modified=modified,
            pictures=pictures,
            file_name=file_name,
            chapter=CHAPTER,
        ),
        "EPUB/nav.xhtml": filled("nav.xhtml.j2", story=content, chapter=CHAPTER),
        f"EPUB/{CHAPTER}": filled("chapter.xhtml.j2", story=content),
        "EPUB/style.css": filled("style.css"),
    }
    files |= {f"EPUB/{file_name(picture)}": picture.data or b"" for picture in pictures}
    return _zipped(files)


def _zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            is_stored = name == "mimetype" or isinstance(
                content, bytes
            )  # a picture's file is compressed already
            method = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()
