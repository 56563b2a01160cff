"""What a JSON text holds is counted alike however its bytes arrive, and no work is done beyond the limits."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.answer.errors import InvalidRequest
from gateway.http.layers.json_shape import JsonShape, ShapeLimits

LEAVES = st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('ab"\\,[]{}:é\n'), max_size=12)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=30,
)
WIDE = ShapeLimits(most_values=10_000, most_depth=100)


def feed(text: bytes, limits: ShapeLimits, piece: int | None = None) -> None:
    shape = JsonShape(limits)
    for start in range(0, len(text), piece or len(text)):
        shape.feed(text[start : start + (piece or len(text))])


def measured(value: object) -> tuple[int, int]:
    """The values that it holds, itself included, and how deep it nests."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return 1, 0
    found = [measured(one) for one in inner]
    return 1 + sum(count for count, _ in found), 1 + max((depth for _, depth in found), default=0)


@given(VALUES, st.integers(1, 9))
def test_it_is_taken_with_the_limits_it_just_keeps_and_refused_with_less(value: object, piece: int) -> None:
    text = json.dumps(value).encode()
    values, depth = measured(value)
    # An empty list counts as if it held one.
    feed(text, ShapeLimits(most_values=2 * values, most_depth=depth), piece)

    if depth:
        with pytest.raises(InvalidRequest, match="levels deep"):
            feed(text, ShapeLimits(most_values=10_000, most_depth=depth - 1), piece)
    if values > 4:
        with pytest.raises(InvalidRequest, match="values"):
            feed(text, ShapeLimits(most_values=values // 4, most_depth=100), piece)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, None])
@pytest.mark.parametrize("inside", [r"\"", r"\\", r"\\\"", r"\\\\", r"a\"[{,", r"\u005c,[", "é,[{"])
def test_nothing_inside_a_string_counts(inside: str, piece: int | None) -> None:
    text = json.dumps([json.loads(f'"{inside}"')] * 3).encode()
    feed(text, ShapeLimits(most_values=4, most_depth=1), piece)
    feed(f'["{inside}", "{inside}"]'.encode(), ShapeLimits(most_values=3, most_depth=1), piece)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[" + b"{}," * 100_000, "too_many_values"),
        (b'{"a":' * 200, "body_too_deep"),
        (b"[" * 1000, "body_too_deep"),
        (b"[1" + b",1" * 100_000, "too_many_values"),
        (b"{" + b'"a":1,' * 100_000, "too_many_values"),
        (b'"' * 100_000, "too_many_values"),
        (b"]" * 100_000, "invalid_json"),
        (b"[]" * 100_000, "too_many_values"),
        (b" " * 2_000_000, "body_too_large"),
        (b"[" + b"1" * 2_000_000, "body_too_large"),
    ],
)
@pytest.mark.parametrize("piece", [100, 1001, None])
def test_floods_are_refused_whether_or_not_they_are_json(text: bytes, code: str, piece: int | None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        feed(text, WIDE, piece)

    assert refused.value.code == code


def test_a_flood_is_refused_when_the_limit_is_reached_and_not_at_its_end() -> None:
    pieces = iter([b"[{}," * 1000] * 1000)
    shape = JsonShape(WIDE)
    with pytest.raises(InvalidRequest):
        list(map(shape.feed, pieces))

    assert len(list(pieces)) > 990


def test_a_long_string_is_no_flood() -> None:
    feed(b'{"image": "' + b"QUJD" * 500_000 + b'"}', ShapeLimits(most_values=4, most_depth=1), 65536)
