import json

import pytest

from bench.bars import Bar, verdicts
from bench.report import report
from bench.serving.bars import AGAINST_RIVALS, BARS


@pytest.mark.parametrize(
    ("figure", "at_least", "word"),
    [
        (2.0, True, "reached"),
        (1.9, True, "FALLS SHORT"),
        (2.0, False, "reached"),
        (2.1, False, "FALLS SHORT"),
    ],
)
def test_a_bar_is_reached_at_its_value(figure: float, at_least: bool, word: str) -> None:
    assert Bar("speed", 2.0, at_least).verdict(figure).endswith(word)


def test_a_goal_without_a_figure_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        list(verdicts({}, BARS))


def test_each_goal_of_serving_is_judged_once() -> None:
    keys = [bar.key for bar in (*BARS, *AGAINST_RIVALS)]
    assert len(set(keys)) == len(keys)


def test_a_report_is_written_and_printed_with_a_line_for_each_goal(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    whole = report("trial", {"speed": 3.0}, {"device": "none"}, [Bar("speed", 2.0, at_least=True)])
    written = json.loads((tmp_path / "out" / "bench-trial.json").read_text())
    assert written == whole
    assert (written["speed"], written["device"]) == (3.0, "none")
    assert capsys.readouterr().out.splitlines()[-1].endswith("reached")
