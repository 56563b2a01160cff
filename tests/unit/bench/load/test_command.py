import io
from pathlib import Path

import pytest
from rich.console import Console

from bench.load.__main__ import conclusion
from bench.load.running import Progress, Target
from bench.load.scenarios import NOISY
from bench.load.settings import LoadSettings
from bench.load.table import line, summary, table
from tests.unit.bench.load.test_report import answered, refused, sample


@pytest.mark.parametrize("url", ["http://a:1", "http://a:1/", "http://a:1/v1", "http://a:1/v1/"])
def test_an_address_is_taken_as_people_write_it(url: str) -> None:
    assert LoadSettings(url=url).target().url == "http://a:1"


def test_a_mix_is_named_or_is_a_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[[question]]\nname = "mine"\nprompts = ["a fox"]\n')
    assert LoadSettings(mix="any").load().mix.question[0].name == "illustrated"
    assert LoadSettings(mix=str(mine)).load().mix.question[0].name == "mine"
    with pytest.raises(OSError, match="nowhere"):
        LoadSettings(mix="nowhere").load()


def test_every_field_is_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOAD_RATE_PER_S", "2.5")
    monkeypatch.setenv("LOAD_SCENARIO", "burst")
    load = LoadSettings().load()
    assert (load.rate_per_s, load.scenario) == (2.5, "burst")


def test_keys_go_to_whom_they_belong_in_the_headers_of_both_apis() -> None:
    target = LoadSettings(api_key="quiet", noisy_api_key="loud").target()
    assert target.headers()["Authorization"] == "Bearer quiet"
    assert target.headers(NOISY) == {"Authorization": "Bearer loud", "x-goog-api-key": "loud"}
    assert Target("http://a", "m").headers() == {}


def test_keys_are_not_shown() -> None:
    assert "quiet" not in repr(LoadSettings(api_key="quiet"))


def shown(renderable) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(renderable)
    return out.getvalue()


def test_whoever_watches_sees_what_became_of_each_kind_of_question() -> None:
    progress = Progress(
        5, open=2, now_s=7, records=[answered(0.0), refused(1.0)], samples=[sample(1, waiting=3)]
    )
    told = shown(table(progress))
    assert "4 of 5 sent, 2 open, 1 completed, 1 refused; 2 visualizers draw 2, 3 jobs wait" in told
    assert "story, everybody" in told
    assert "0.50 / 0.50" in told
    assert line(Progress(1)).endswith("0 of 1 sent, 0 open, none ended")


def test_the_summary_leaves_out_what_never_happened() -> None:
    told = shown(summary([refused(0.0)]))
    assert "refusal" in told
    assert "first text" not in told


def test_what_one_reads_first_says_what_was_lost_and_where_the_knee_is() -> None:
    whole = {
        "asked": 2,
        "outcomes": {"completed": 2},
        "lost": 1,
        "doubled": 0,
        "goodput_per_s": 1,
        "pictures_per_s": 2,
    }
    told = conclusion({"all": whole, "knee": {"knee_per_s": None, "limit": "the planner"}})
    assert told[0] == "2 requests: 2 completed; 1 lost, 0 told twice"
    assert told[2] == "knee: below the lowest rate; limit: the planner"
