"""A check of a GPU tells what it measured, whatever happens to a step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bench.gpu.check import Check, Step


def one() -> Iterator[dict[str, float]]:
    yield {"one": 1.0}


def breaks() -> Iterator[dict[str, float]]:
    yield {"before": 2.0}
    raise ValueError("asked for")


def hangs() -> Iterator[dict[str, float]]:
    yield {"first": 3.0}
    while True:
        pass


def test_a_step_that_hangs_or_breaks_costs_no_other_and_what_it_measured_is_kept(tmp_path: Path) -> None:
    check = Check(tmp_path / "out" / "check.json", {"device": "none"}, most_s=60)
    check.run([Step("hangs", 1.0, hangs), Step("breaks", 9, breaks), Step("one", 9, one)])
    told = json.loads(check.out.read_text(encoding="utf-8"))
    assert told["figures"] == {"first": 3.0, "before": 2.0, "one": 1.0}
    assert told["steps"] == {
        "hangs": "cut off after 1 s",
        "breaks": "broke: ValueError: asked for",
        "one": "done",
    }
    assert told["device"] == "none"


def test_when_time_is_up_the_rest_is_said_to_be_left_out(tmp_path: Path) -> None:
    check = Check(tmp_path / "check.json", {}, most_s=0)
    check.run([Step("one", 9, one)])
    assert (check.figures, check.steps) == ({}, {"one": "left out"})
