"""Figures with a name and a face, that outlive their story."""

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]


async def test_a_figure_of_one_story_plays_in_a_later_one(planner, pool, studio):
    await studio.ask("A story about a fox")
    await studio.drawn(2)
    await studio.ended()
    await studio.press(1, "Add to the cast")
    await studio.page.get_by_label("Name", exact=True).fill("Bruno")
    await studio.page.keyboard.press("Enter")
    await expect(studio.page.locator("#note")).to_have_text("Bruno is in the cast.")

    await studio.button("New story").click()
    await studio.page.reload()
    await studio.page.locator("#cast summary").click()
    await studio.button("With Bruno").click()
    await expect(studio.page.get_by_label("What Bruno shows")).to_have_value("a fox before a house")
    await studio.ask("A story about Bruno")
    await studio.drawn(2)
    await studio.ended()

    asked = planner.asked[1]
    assert [(one.name, one.looks) for one in asked.cast] == [("Bruno", "a fox before a house")]
    assert asked.messages[-1].content[0].id == "in1"
    assert all(job.references for job in pool.jobs[2:])


async def test_a_figure_is_taken_off_the_cast(studio):
    await studio.ask("A story about a fox")
    await studio.drawn(2)
    await studio.ended()
    await studio.press(1, "Add to the cast")
    await studio.page.get_by_label("Name", exact=True).fill("Bruno")
    await studio.page.keyboard.press("Enter")
    await studio.page.locator("#cast summary").click()

    await studio.button("Take Bruno off the cast").click()

    await expect(studio.page.locator("#cast")).to_be_hidden()
