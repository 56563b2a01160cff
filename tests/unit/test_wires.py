"""What our services write for each other: pinned by golden files, and read whatever release wrote it.

`tests/golden/wires` holds what this release writes, a value a line; with GOLDEN=write in the environment it is written anew for review.
`last_release` in it holds what the release before wrote. At a release the first is copied to the second.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from gateway.answer.events import Unknown
from tests.unit.wires import WIRES

GOLDEN = Path(__file__).parents[1] / "golden" / "wires"
OPEN_MAPS = ("metadata", "logit_bias")
"""Their keys are data, not fields."""


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def with_later_fields(value: Any) -> Any:
    """The same as a later release might write it: every object has a field more."""
    match value:
        case dict():
            told = {
                key: inner if key in OPEN_MAPS else with_later_fields(inner) for key, inner in value.items()
            }
            return {**told, "of_a_later_release": {"any": 1}}
        case list():
            return [with_later_fields(inner) for inner in value]
    return value


def holds(new: Any, old: Any) -> bool:
    """Whether a value says all that another does."""
    match old:
        case dict():
            return all(key in new and holds(new[key], inner) for key, inner in old.items())
        case list():
            return len(new) == len(old) and all(holds(*pair) for pair in zip(new, old, strict=True))
    return new == old


@pytest.mark.parametrize("name", WIRES)
def test_what_is_written_is_what_the_golden_file_says(name: str):
    adapter, values = WIRES[name]
    path = GOLDEN / f"{name}.ndjson"
    written = [adapter.dump_json(value) for value in values]
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(b"".join(line + b"\n" for line in written))
    assert written == lines(path)
    assert [adapter.validate_json(line) for line in written] == values


@pytest.mark.parametrize("path", sorted((GOLDEN / "last_release").iterdir()), ids=lambda path: path.stem)
def test_what_the_last_release_wrote_is_read_and_nothing_of_it_is_lost(path: Path):
    adapter, _ = WIRES[path.stem]
    for line in lines(path):
        read = adapter.validate_json(line)
        assert not isinstance(read, Unknown)
        assert holds(from_json(adapter.dump_json(read)), from_json(line)), line


@pytest.mark.parametrize("name", WIRES)
def test_fields_of_a_later_release_are_passed_over_wherever_they_stand(name: str):
    adapter, values = WIRES[name]
    later = [to_json(with_later_fields(from_json(adapter.dump_json(value)))) for value in values]
    assert [adapter.validate_json(line) for line in later] == values
