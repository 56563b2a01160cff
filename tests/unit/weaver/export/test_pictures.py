import base64
import io

import pytest
from PIL import Image

from tests.unit.weaver.client.answers import PNG, lost, message, picture, response
from weaver.client.answer import answer
from weaver.export.files import whole, write
from weaver.export.pictures import NoPicture


def webp():
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "WEBP", lossless=True)
    return out.getvalue()


def test_pictures_alone_are_numbered_from_the_second_and_leave_out_what_did_not_come(tmp_path):
    write(answer(response(picture("img1"), lost("img2"), picture("img3"))), tmp_path / "fox.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fox-2.png", "fox.png"]
    assert (tmp_path / "fox.png").read_bytes() == PNG


def test_an_answer_without_pictures_is_no_picture_file(tmp_path):
    with pytest.raises(NoPicture):
        write(answer(response(message("Once."), lost("img1"))), tmp_path / "fox.png")
    assert list(tmp_path.iterdir()) == []


def test_one_picture_alone_is_a_png_whatever_it_was_drawn_as():
    as_webp = picture("img1", output_format="webp", result=base64.b64encode(webp()).decode())
    image = Image.open(io.BytesIO(whole(answer(response(as_webp)))))
    assert (image.format, image.convert("RGB").getpixel((0, 0))) == ("PNG", (255, 0, 0))


def test_anything_else_in_one_piece_is_markdown():
    assert whole(answer(response(message("Once."), picture("img1")))).startswith(
        b"# Once.\n\nOnce.\n\n![A fox"
    )
