import io

import pytest
from PIL import Image

from visualizer_service.worker.pictures import decode, encode

PICTURE = Image.effect_noise((32, 16), 60).convert("RGB")


@pytest.mark.parametrize(
    ("output_format", "media_type"), [("png", "image/png"), ("webp", "image/webp"), ("jpeg", "image/jpeg")]
)
def test_a_picture_is_written_in_the_format_asked_for(output_format, media_type):
    encoded = encode(PICTURE, output_format, None)
    assert encoded.media_type == media_type
    with Image.open(io.BytesIO(encoded.data)) as image:
        assert image.get_format_mimetype() == media_type
    assert decode(encoded.data).size == PICTURE.size


def test_png_keeps_every_pixel():
    assert decode(encode(PICTURE, "png", None).data).tobytes() == PICTURE.tobytes()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (640, 33)])
def test_png_of_any_size_is_whole(size):
    picture = Image.effect_noise(size, 90).convert("RGB")
    data = encode(picture, "png", None).data
    with Image.open(io.BytesIO(data)) as image:
        image.verify()
    assert decode(data).tobytes() == picture.tobytes()


def test_png_is_about_as_small_as_pillow_makes_it():
    picture = Image.radial_gradient("L").convert("RGB")
    usual = io.BytesIO()
    picture.save(usual, "PNG", compress_level=1)
    assert len(encode(picture, "png", None).data) < 1.2 * len(usual.getvalue())


@pytest.mark.parametrize("output_format", ["webp", "jpeg"])
def test_a_lower_compression_value_makes_a_smaller_file(output_format):
    assert len(encode(PICTURE, output_format, 10).data) < len(encode(PICTURE, output_format, 95).data)


@pytest.mark.parametrize("data", [b"", b"no picture", encode(PICTURE, "png", None).data[:60]])
def test_bytes_that_are_no_picture_are_refused(data):
    with pytest.raises(ValueError, match="not a readable image"):
        decode(data)
