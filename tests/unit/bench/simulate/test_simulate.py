import pytest

from bench.simulate.capacity import checked, need
from bench.simulate.figures import outcome, pictures_per_s, simulate
from bench.simulate.model import H100_KLEIN_4B_512, H100_KLEIN_4B_1024, Device, Story, System

ONE_BY_ONE = Device("one by one", steps=10, step_s={1: 0.1})
PICTURE = Story(pictures=1, tokens=1, description_tokens=1)
QUICK = {
    "stream_tokens_per_s": 1e6,
    "planner_tokens_per_s": 1e9,
    "first_token_s": 0.0,
    "gateway_picture_s": 0.0,
}


def system(device: Device = ONE_BY_ONE, visualizers: int = 1, **more: float) -> System:
    return System(device, visualizers, **(QUICK | {"dispatch_s": 0.0, "gateway_token_s": 0.0} | more))


@pytest.mark.parametrize("visualizers", [1, 2, 4])
def test_a_pool_draws_as_many_times_faster_as_it_has_workers(visualizers: int) -> None:
    told = outcome(system(visualizers=visualizers), PICTURE, [0.0] * 8)
    assert pictures_per_s(told.drawn_s, visualizers) == pytest.approx(visualizers, rel=0.01)


def test_pictures_that_share_a_step_come_together() -> None:
    together = Device("together", steps=10, step_s={1: 0.1, 4: 0.2})
    told = outcome(system(together), PICTURE, [0.0] * 4)
    assert (told.picture_p50_s, told.picture_p95_s) == (
        pytest.approx(2, rel=0.001),
        pytest.approx(2, rel=0.001),
    )


def test_between_two_measured_numbers_a_step_is_interpolated() -> None:
    assert Device("d", 1, {1: 0.1, 4: 0.4}).step(2) == pytest.approx(0.2)


def test_a_picture_waits_for_the_one_that_guides_it_and_others_do_not() -> None:
    story = Story(pictures=3, tokens=1, description_tokens=1)
    free = Story(pictures=3, tokens=1, description_tokens=1, anchored=False)
    assert outcome(system(visualizers=3), story, [0.0]).answer_p50_s == pytest.approx(2.0, rel=0.01)
    assert outcome(system(visualizers=3), free, [0.0]).answer_p50_s == pytest.approx(1.0, rel=0.01)


def test_what_is_done_on_the_host_overlaps_with_the_next_picture() -> None:
    slow_host = Device("d", steps=10, step_s={1: 0.1}, beside_s=0.5)
    told = outcome(system(slow_host), PICTURE, [0.0] * 10)
    assert max(told.drawn_s) == pytest.approx(10.5, rel=0.01)


def test_text_stutters_where_a_gateway_has_more_to_tell_than_it_can() -> None:
    story = Story(pictures=0, tokens=400)
    calm = simulate(system(gateway_token_s=0.001, stream_tokens_per_s=20.0), story, 0.5, 60)
    full = simulate(system(gateway_token_s=0.001, stream_tokens_per_s=20.0), story, 4, 60)
    assert full.text_late_p99_s > 10 * calm.text_late_p99_s


def test_plans_share_the_planner() -> None:
    story = Story(pictures=0, tokens=100)
    alone = outcome(system(stream_tokens_per_s=100.0, planner_tokens_per_s=100.0), story, [0.0])
    crowd = outcome(system(stream_tokens_per_s=100.0, planner_tokens_per_s=100.0), story, [0.0] * 4)
    assert (alone.answer_p50_s, crowd.answer_p50_s) == (
        pytest.approx(1, rel=0.05),
        pytest.approx(4, rel=0.05),
    )


def test_the_same_seed_gives_the_same_run() -> None:
    assert simulate(system(), PICTURE, 0.5, 60) == simulate(system(), PICTURE, 0.5, 60)
    assert simulate(system(), PICTURE, 0.5, 60) != simulate(system(), PICTURE, 0.5, 60, seed=2)


@pytest.mark.parametrize("stories_per_min", [5, 60, 600])
def test_what_is_needed_is_enough(stories_per_min: float) -> None:
    story = Story(pictures=4)
    wanted = need(System(H100_KLEIN_4B_1024, 1), story, stories_per_min)
    seen = checked(System(H100_KLEIN_4B_1024, 1), story, wanted, 120)
    assert seen.answer_p95_s < 25
    assert wanted.visualizers >= stories_per_min / 60 * 4 / H100_KLEIN_4B_1024.pictures_per_s


@pytest.mark.parametrize(
    ("device", "measured_per_s"), [(H100_KLEIN_4B_1024, 2.14), (H100_KLEIN_4B_512, 7.09)], ids=["1024", "512"]
)
def test_devices_draw_as_fast_as_was_measured_with_four_waiting(
    device: Device, measured_per_s: float
) -> None:
    assert device.pictures_per_s == pytest.approx(measured_per_s, rel=0.1)
