"""What docs/quality.md shows can be used as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from bench.answers.cases.loading import OURS, load
from bench.answers.setup import Settings, Setup, setup_of

PAGE = (Path(__file__).parents[4] / "docs" / "quality.md").read_text(encoding="utf-8")
SYSTEMS, CASES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    line.replace("\\\n", " ")
    for line in re.findall(r"^    (python -m bench\.answers (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
]


def test_the_setup_file_is_one(tmp_path: Path) -> None:
    file = tmp_path / "systems.yaml"
    file.write_text(SYSTEMS, encoding="utf-8")
    setup = setup_of(Settings(setup=file))
    assert setup == Setup.model_validate(yaml.safe_load(SYSTEMS))
    assert {one.dialect for one in setup.systems} == {"responses", "gemini", "dashscope"}
    assert len(setup.judges) == 2


def test_the_case_is_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(CASES, encoding="utf-8")
    (case,) = load([file])
    assert case.pictures.least == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_of_a_command_is_known(command: str) -> None:
    flags = {
        word.removeprefix("--").replace("-", "_") for word in shlex.split(command) if word.startswith("--")
    }
    assert flags <= Settings.model_fields.keys()


def test_it_counts_the_cases_rightly() -> None:
    assert len(COMMANDS) == 2
    assert f"all {len(load(OURS))} cases" in PAGE
