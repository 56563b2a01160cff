"""The table of the evaluation says which bars hold, and which were never measured."""

from training.evaluate import BARS, bar_of, missing, table


def test_each_figure_meets_the_bar_of_its_name_or_of_what_it_is_part_of() -> None:
    assert bar_of("visualizer.attribute_accuracy.place") == BARS["visualizer.attribute_accuracy"]
    assert bar_of("planner.faithful") == BARS["planner.faithful"]
    assert bar_of("planner.faithfully") is None


def test_a_bar_may_be_a_least_or_a_most() -> None:
    text = table(
        {
            "planner.faithful": 0.96,
            "visualizer.identity_ratio": 0.3,
            "visualizer.chain_identity": 1.2,
            "other": 1,
        }
    )
    verdicts = [line.split()[-1] for line in text.splitlines()]
    assert verdicts == ["reached", "SHORT", "reached", "1.000"]


def test_what_was_not_measured_is_told() -> None:
    assert missing({"visualizer.attribute_accuracy.place": 1, "planner.faithful": 1}) == [
        name for name in BARS if name not in ("visualizer.attribute_accuracy", "planner.faithful")
    ]
