import pytest

from bench.load.figures import busy, cores, figures, timeline
from bench.load.knee import knee, limit, stages
from bench.load.marks import Ended, NoPicture, Picture, Preview, Text
from bench.load.mix import Kind, Mix, Slo
from bench.load.record import Record
from bench.load.report import page, report
from bench.load.scenarios import Load, Send
from bench.load.watching import Sample

KIND = Kind(name="story", prompts=("a fox",), pictures=1)
SLO = Slo(first_text_s=1, first_picture_s=5, picture_stall_s=3)


def answered(at_s: float, text_s: float = 0.5, picture_s: float = 2.0) -> Record:
    record = Record(Send(at_s, KIND, "a fox"), sent_s=at_s, numbers=[0, 1, 2])
    record.note(Text(0), at_s + text_s)
    record.note(Preview(1), at_s + picture_s / 2)
    record.note(Picture(1), at_s + picture_s)
    record.note(Ended("completed"), at_s + picture_s)
    record.ended_s = at_s + picture_s
    return record


def refused(at_s: float) -> Record:
    return Record(
        Send(at_s, KIND, "a fox"), sent_s=at_s, ended_s=at_s, outcome="refused", code="429 overloaded"
    )


def sample(at_s: float, active: int = 2, waiting: int = 0, cpu_s: float | None = None) -> Sample:
    return Sample(at_s, 2, 2, active, waiting, 0, cpu_s, None)


def ramp(stages: int = 2) -> Load:
    return Load("ramp", Mix(slo=SLO, question=(KIND,)), 4.0, 20.0, stages=stages)


def test_times_count_from_when_a_request_was_to_be_sent() -> None:
    record = answered(10.0)
    record.sent_s = 11.0
    assert (record.first_text_s, record.first_preview_s, record.each_picture_s) == (0.5, 1.0, [2.0])
    assert record.late_s == 1.0


def test_a_reader_in_order_waits_only_for_what_is_not_there_when_all_before_is() -> None:
    record = Record(Send(0.0, KIND, "a fox"))
    for mark, at_s in ((Text(0), 1.0), (Picture(3), 2.0), (Picture(1), 4.0), (Text(2), 6.0)):
        record.note(mark, at_s)
    assert list(record.stalls_s) == [3.0, 0.0]


def test_what_is_missing_is_lost_and_what_comes_again_is_doubled() -> None:
    record = answered(0.0)
    assert (record.lost, record.doubled) == (0, 0)
    record.numbers = [0, 2, 2]
    record.note(Picture(1), 3.0)
    assert (record.lost, record.doubled) == (1, 2)
    never_told = Record(Send(0.0, KIND, "a fox"), outcome="completed")
    assert never_told.lost == 1
    said = Record(Send(0.0, KIND, "a fox"), outcome="completed", failed=["deadline"])
    assert said.lost == 0


@pytest.mark.parametrize(
    ("record", "is_good"),
    [
        (answered(0.0), True),
        (answered(0.0, text_s=1.5), False),
        (answered(0.0, picture_s=6.0), False),
        (answered(0.0, picture_s=4.0), False),  # 3.5 s after the text
        (refused(0.0), False),
    ],
)
def test_an_answer_is_good_if_it_is_whole_and_in_time(record: Record, is_good: bool) -> None:
    assert record.is_good(SLO) is is_good


def test_a_failed_picture_makes_an_answer_less_than_good() -> None:
    record = answered(0.0)
    record.note(NoPicture(2, "deadline"), 2.0)
    assert not record.is_good(SLO)


def test_figures_count_every_request_once() -> None:
    told = figures([answered(0.0), answered(1.0), refused(2.0)], SLO, lasts_s=3.0)
    assert told["outcomes"] == {"completed": 2, "refused": 1}
    assert told["codes"] == {"refused: 429 overloaded": 1}
    assert (told["offered_per_s"], told["goodput_per_s"], told["pictures"]) == (1.0, pytest.approx(2 / 3), 2)
    assert told["first_text"]["p50_s"] == 0.5
    assert told["refusal"]["samples"] == 1
    assert told["answer"]["samples"] == 2


def test_a_test_without_a_request_has_figures_too() -> None:
    told = figures([], SLO, lasts_s=1.0)
    assert (told["asked"], told["good_share"], told["first_text"]) == (0, None, None)


def test_the_timeline_tells_pictures_when_they_come_and_requests_when_they_were_due() -> None:
    told = timeline([answered(0.0, picture_s=20.0), refused(39.9)], SLO, lasts_s=40.0)
    assert len(told) == 20
    assert [row["at_s"] for row in told if row["pictures_per_s"]] == [20.0]
    assert [row["at_s"] for row in told if row["asked_per_s"]] == [0.0, 38.0]


def test_the_knee_is_the_last_rate_before_the_first_that_fails() -> None:
    records = [answered(at_s) for at_s in range(10)] + [
        answered(at_s, picture_s=9.0) for at_s in range(10, 20)
    ]
    samples = [sample(at_s, waiting=int(at_s)) for at_s in range(20)]
    told = knee(stages(ramp(), records, samples), SLO)
    assert told["knee_per_s"] == 2.0
    assert told["limit"] == "visualizers busy 100%, the queue grows from 10 to 19 jobs"


def test_a_ramp_that_never_fails_says_so() -> None:
    told = knee(stages(ramp(), [answered(at_s) for at_s in range(20)], []), SLO)
    assert (told["knee_per_s"], told["reached"]) == (4.0, False)
    assert "not reached" in told["limit"]


@pytest.mark.parametrize(
    ("records", "samples", "words"),
    [
        ([refused(0.0)] * 10, [], "the gateway refuses 10 of 10 requests: 429 overloaded"),
        (
            [answered(0.0)],
            [sample(0, active=0, cpu_s=0.0), sample(10, active=0, cpu_s=9.5)],
            "95% of a core",
        ),
        ([answered(0.0, text_s=4.0)], [sample(0, active=0)], "the planner: first text takes 4.0 s"),
        ([], [], "unknown"),
    ],
)
def test_what_limits_is_named(records: list[Record], samples: list[Sample], words: str) -> None:
    assert words in limit(records, samples, SLO)


def test_a_load_generator_that_is_late_blames_itself_alone() -> None:
    record = refused(0.0)
    record.sent_s = 2.0
    assert limit([record], [], SLO).startswith("this load generator")


def test_a_pool_without_places_is_busy_only_if_something_waits() -> None:
    empty = Sample(0, 0, 0, 0, 0, 0, None, None)
    assert busy([empty]) == 0.0
    assert busy([Sample(0, 0, 0, 0, 3, 0, None, None)]) == 1.0


def test_cores_are_not_guessed() -> None:
    assert cores([sample(0)]) is None
    assert cores([sample(0, cpu_s=1.0), sample(2, cpu_s=2.0)]) == 0.5


def test_the_page_shows_knee_and_plots_and_escapes_what_servers_say() -> None:
    load = ramp()
    odd = refused(1.0)
    odd.code = "<script>alert(1)</script>"
    records, samples = [answered(0.0), odd], [sample(0), sample(1)]
    told = report(load, {"url": "http://a", "model": "m", "date": "today"}, records, samples)
    html = page(told, load, records, samples)
    assert "Limit: " in html
    assert html.count("<svg") == 5
    assert "<script>" not in html
    assert "everybody" in html


def test_the_page_of_a_server_that_tells_nothing_says_so() -> None:
    load = Load("steady", Mix(question=(KIND,)), 1.0, 1.0)
    told = report(load, {"url": "http://a", "model": "m", "date": "today"}, [], [])
    assert "does not say" in page(told, load, [], [])
