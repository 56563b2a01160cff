"""Pictures that wait are decoded together, each request gets its own, and what is wrong with one stays its own."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import Tensor

from visualizer_service.engine.decoding import MOST_PX, MOST_ROWS, BatchDecoder
from visualizer_service.engine.family import DeviceBroken

SMALL_PX = 64 * 64
POISON, DEATH = 99, 100


class Decoder:
    """Makes a picture of the value of its latents; some values it cannot decode."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, latents: Tensor) -> list[Image.Image]:
        values = [int(one.flatten()[0]) for one in latents]
        self.calls.append(values)
        if DEATH in values:
            raise DeviceBroken
        if POISON in values:
            raise ValueError("asked for")
        return [Image.new("L", (1, 1), value) for value in values]


def latents(value: int, side: int = 2) -> Tensor:
    return torch.full((1, 1, side, side), value)


@pytest.fixture
def decoder() -> Decoder:
    return Decoder()


def value(picture: Image.Image) -> object:
    return picture.getpixel((0, 0))


def test_what_waits_is_decoded_at_once_and_each_order_gets_its_own(decoder: Decoder) -> None:
    decoding = BatchDecoder(decoder, together=True)
    requests = [decoding.submit(latents(number), SMALL_PX) for number in range(1, MOST_ROWS + 2)]
    assert [value(request()) for request in requests] == [*range(1, MOST_ROWS + 2)]
    assert decoder.calls == [[*range(1, MOST_ROWS + 1)], [MOST_ROWS + 1]]


def test_shapes_are_not_mixed(decoder: Decoder) -> None:
    decoding = BatchDecoder(decoder, together=True)
    requests = [decoding.submit(latents(number, side), SMALL_PX) for number, side in ((1, 2), (2, 3), (3, 2))]
    assert [value(request()) for request in requests] == [1, 2, 3]
    assert decoder.calls == [[1, 3], [2]]


@pytest.mark.parametrize(("together", "pixels"), [(False, SMALL_PX), (True, MOST_PX)])
def test_one_by_one_where_company_does_not_pay(decoder: Decoder, together: bool, pixels: int) -> None:
    decoding = BatchDecoder(decoder, together=together)
    requests = [decoding.submit(latents(number), pixels) for number in (1, 2)]
    assert [value(request()) for request in requests] == [1, 2]
    assert decoder.calls == [[1], [2]]


def test_an_order_that_was_given_up_is_not_decoded(decoder: Decoder) -> None:
    decoding = BatchDecoder(decoder, together=True)
    kept, given_up = decoding.submit(latents(1), SMALL_PX), decoding.submit(latents(2), SMALL_PX)
    del given_up
    assert value(kept()) == 1
    assert decoder.calls == [[1]]


def test_what_cannot_be_decoded_costs_the_others_nothing(decoder: Decoder) -> None:
    decoding = BatchDecoder(decoder, together=True)
    good, bad, late = (decoding.submit(latents(number), SMALL_PX) for number in (1, POISON, 3))
    assert value(good()) == 1
    with pytest.raises(ValueError, match="asked for"):
        bad()
    assert value(late()) == 3


def test_a_broken_device_is_not_asked_again(decoder: Decoder) -> None:
    decoding = BatchDecoder(decoder, together=True)
    request, _other = decoding.submit(latents(1), SMALL_PX), decoding.submit(latents(DEATH), SMALL_PX)
    with pytest.raises(DeviceBroken):
        request()
    assert len(decoder.calls) == 1
