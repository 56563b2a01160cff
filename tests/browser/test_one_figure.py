"""One figure in all pictures, also where pictures fail, are drawn anew, or have several versions."""

import pytest
from playwright.async_api import expect

from planner_service.wire import PicturePart
from tests.fakes import PLAN_DONE, failed, says, slot
from tests.integration.gateway.gateway_app import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a fox"


async def told(studio):
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()


async def failed_first(pool, studio):
    """A story whose first picture could not be drawn."""
    pool.draws = False
    await studio.ask(WISH)
    await eventually(lambda: pool.jobs)
    pool.say(pool.jobs[0], failed("no_memory"))
    await eventually(lambda: len(pool.jobs) == 2)
    await pool.paint(pool.jobs[1])
    await studio.ended()
    pool.draws = True


async def test_a_first_picture_that_failed_is_drawn_after_the_one_that_came_and_the_other_can_follow(
    pool, studio
):
    await failed_first(pool, studio)
    await expect(studio.picture(2)).to_contain_text("Drawn without picture 1, so it may look different.")
    await expect(studio.picture(2)).to_contain_text("Regenerate picture 1 first.")

    await studio.picture(1).get_by_role("button", name="Regenerate", exact=True).click()
    await studio.drawn(1)
    assert len(pool.jobs[2].references) == 1

    await studio.picture(2).get_by_role("button", name="Redraw with picture 1").click()
    await eventually(lambda: len(pool.jobs) == 4)
    await expect(studio.picture(2).get_by_text("Drawn without")).to_be_hidden()
    assert len(pool.jobs[3].references) == 1


async def test_drawing_the_first_picture_again_offers_to_redraw_what_followed_it(pool, studio):
    await told(studio)
    before = pool.jobs[1].references

    await studio.picture(1).get_by_role("button", name="Regenerate").click()
    offer = studio.picture(1).get_by_text("Picture 1 has changed. Picture 2 still shows the other version.")
    await expect(offer).to_be_visible()
    await studio.picture(1).get_by_role("button", name="Redraw it").click()

    await expect(studio.picture(2).get_by_role("button", name="Version 2", pressed=True)).to_be_visible()
    await expect(offer).to_be_hidden()
    again = pool.jobs[3]
    assert again.description == pool.jobs[1].description
    assert len(again.references) == len(before) == 1


async def test_the_offer_to_redraw_can_be_declined_for_good(studio):
    await told(studio)
    await studio.picture(1).get_by_role("button", name="Regenerate").click()
    await studio.picture(1).get_by_role("button", name="Keep as is").click()
    await expect(studio.picture(1).get_by_text("has changed")).to_be_hidden()

    await studio.page.reload()

    await studio.drawn(1)
    await expect(studio.picture(1).get_by_role("button", name="Version 2", pressed=True)).to_be_visible()
    await expect(studio.picture(1).get_by_text("has changed")).to_be_hidden()


async def test_editing_the_second_version_edits_the_second_version_and_says_so(planner, pool, studio):
    await told(studio)
    await studio.picture(1).get_by_role("button", name="Regenerate").click()
    await expect(studio.picture(1).get_by_role("button", name="Version 2", pressed=True)).to_be_visible()
    planner.script = [*slot(0, "in1", description="the fox with a blue scarf"), PLAN_DONE]

    await studio.picture(1).get_by_role("button", name="Edit", exact=True).click()
    await studio.page.get_by_label("What should change in picture 1 (version 2)?").fill(
        "give her a blue scarf"
    )
    await studio.page.keyboard.press("Enter")

    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.drawn(1)
    heading = studio.turn.get_by_role("heading", level=2)
    await expect(heading).to_have_text("give her a blue scarf in picture 1, version 2")
    await expect(studio.turn.get_by_role("img", name="Version 2 of picture 1")).to_be_visible()
    asked = planner.asked[1].messages[-1].content
    assert (asked[0].id, asked[-1].text) == ("in1", "give her a blue scarf in in1")
    assert len(pool.jobs[-1].references) == 1


async def test_a_story_goes_on_with_the_version_that_was_chosen(planner, studio):
    await told(studio)
    await studio.picture(1).get_by_role("button", name="Regenerate").click()
    await expect(studio.picture(1).get_by_role("button", name="Version 2", pressed=True)).to_be_visible()
    planner.script = [says("The next day."), *slot(0, "in1", description="the fox at home"), PLAN_DONE]

    await studio.ask("And then?")
    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.ended()
    await studio.ask("And then?")
    await expect(studio.page.get_by_role("article")).to_have_count(3)
    await studio.ended()

    assert planner.asked[1].messages[-1].content[0].id == "in1"
    assert [part.text for part in planner.asked[2].messages[-1].content] == ["And then?"]
    assert not any(isinstance(part, PicturePart) for part in planner.asked[2].messages[-1].content)


async def test_four_ways_of_a_picture_stand_side_by_side_and_the_chosen_one_is_followed(pool, studio):
    await told(studio)

    await studio.press(1, "Draw four ways")

    ways = studio.page.get_by_role("dialog", name="Versions of picture 1")
    await expect(ways.get_by_role("listitem")).to_have_count(4)
    await expect(ways).to_contain_text("Choosing another one also redraws the picture that it guides.")
    await ways.get_by_role("button", name="Choose version 3").click()
    await expect(studio.picture(1).get_by_role("button", name="Version 3", pressed=True)).to_be_visible()
    await expect(studio.picture(2).get_by_role("button", name="Version 2", pressed=True)).to_be_visible()
    assert len(pool.jobs) == 6


async def test_four_ways_to_answer_stand_side_by_side_and_one_takes_the_place(planner, studio):
    await told(studio)
    planner.script = [says("Another end."), *slot(0, description="the fox at night"), PLAN_DONE]

    await studio.button("Four ways to answer").click()
    ways = studio.page.get_by_role("dialog", name="Four ways to answer")
    await expect(ways.get_by_text("Another end.")).to_have_count(3)
    await ways.get_by_role("button", name="Choose way 2").click()

    await expect(studio.page.get_by_role("article")).to_have_count(1)
    await expect(studio.answer).to_contain_text("Another end.")
    await studio.page.reload()
    await expect(studio.answer).to_contain_text("Another end.")
    await expect(studio.turn.get_by_role("heading", level=2)).to_have_text(WISH)
