"""What can be done with a picture in the studio, and with pictures of one's own."""

import base64
import re

import pytest
from playwright.async_api import expect

from planner_service.wire import PicturePart
from tests.fakes import PLAN_DONE, failed, slot
from tests.integration.gateway.gateway_app import eventually, png

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a fox"


async def test_a_picture_is_drawn_again_with_its_references_and_another_seed(pool, studio):
    await studio.ask(WISH)
    await studio.drawn(2)
    first, second = pool.jobs

    await studio.picture(2).get_by_role("button", name="Regenerate").click()

    await expect(studio.picture(2).get_by_role("group", name="Versions of picture 2")).to_be_visible()
    await studio.drawn(2)
    again = pool.jobs[2]
    assert (again.description, again.references) == (second.description, second.references)
    assert again.seed != second.seed
    await expect(await studio.details(2)).to_contain_text(f"seed {again.seed}")
    await expect(studio.page.get_by_role("button", name="Version 2", pressed=True)).to_be_visible()
    await studio.picture(2).get_by_role("button", name="Version 1").click()
    await expect(await studio.details(2)).to_contain_text(f"seed {second.seed}")
    assert first.references == ()


async def test_versions_outlive_a_reload(pool, studio):
    await studio.ask(WISH)
    await studio.ended()
    await studio.picture(1).get_by_role("button", name="Regenerate").click()
    await eventually(lambda: len(pool.jobs) == 3)
    await expect(await studio.details(1)).to_contain_text(f"seed {pool.jobs[2].seed}")

    await studio.page.reload()

    await expect(await studio.details(1)).to_contain_text(f"seed {pool.jobs[2].seed}")
    await studio.drawn(1)


async def test_a_picture_that_cannot_be_drawn_again_keeps_the_one_there_is(pool, studio):
    await studio.ask(WISH)
    await studio.ended()
    pool.draws = False
    await studio.picture(1).get_by_role("button", name="Regenerate").click()
    await eventually(lambda: len(pool.jobs) == 3)
    pool.say(pool.jobs[2], failed("rejected"))

    await expect(studio.picture(1).get_by_role("alert")).to_contain_text("Describe it in other words.")
    await studio.drawn(1)


async def test_a_picture_is_changed_by_words_in_a_turn_of_its_own(planner, pool, studio):
    await studio.ask(WISH)
    await studio.ended()
    planner.script = [*slot(0, "img2", description="the fox with a blue scarf"), PLAN_DONE]
    await studio.picture(2).get_by_role("button", name="Edit", exact=True).click()
    await studio.page.get_by_label("What should change in picture 2").fill("give her a blue scarf")
    await studio.page.keyboard.press("Enter")

    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.drawn(1)
    asked = planner.asked[1]
    assert (asked.mode, asked.messages[-1].content[0].text) == ("image", "give her a blue scarf in img2")
    assert any(isinstance(part, PicturePart) for part in asked.messages[1].content)
    assert len(pool.jobs[2].references) == 1
    await expect(await studio.details(3)).to_contain_text("Guided by")


async def test_the_story_goes_on_and_comes_back_whole_after_a_reload(planner, studio):
    await studio.ask(WISH)
    await studio.ended()
    await studio.ask("And the next day?")
    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.ended()
    assert len(planner.asked[1].messages) == 3

    await studio.page.reload()

    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.drawn(2)
    await expect(studio.page.get_by_role("heading", level=2)).to_have_text([WISH, "And the next day?"])


async def test_a_reference_leads_to_the_picture_that_it_is(studio):
    await studio.ask(WISH)
    await studio.drawn(2)

    await (
        (await studio.details(2))
        .get_by_role("button", name=re.compile("Go to picture 1, chosen by the planner"))
        .click()
    )

    await expect(studio.picture(1)).to_be_focused()


@pytest.fixture
def drawing(tmp_path):
    path = tmp_path / "fox.png"
    path.write_bytes(png(7))
    return path


async def test_attached_pictures_are_sent_with_what_is_said_of_them(drawing, planner, studio):
    await studio.page.locator("#chooser").set_input_files(drawing)
    await studio.page.get_by_label("What fox.png shows").fill("my fox")
    await studio.ask("A story about this fox")

    await studio.ended()
    image = planner.asked[0].messages[0].content[0]
    assert (image.id, image.description) == ("in1", "my fox")
    await expect(studio.turn.get_by_role("img", name="my fox")).to_be_visible()
    await expect(studio.page.get_by_role("list", name="Pictures to send")).to_be_empty()


@pytest.mark.parametrize("way", ["drop", "paste"])
async def test_pictures_can_be_dropped_and_pasted(way, studio):
    await expect(studio.page.locator("#model")).not_to_be_empty()
    await studio.page.evaluate(
        """([way, data]) => {
            const held = new DataTransfer();
            held.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], "fox.png", { type: "image/png" }));
            const kind = way === "drop" ? DragEvent : ClipboardEvent;
            const event = new kind(way, { dataTransfer: held, clipboardData: held, bubbles: true, cancelable: true });
            document.body.dispatchEvent(event);
        }""",
        [way, base64.b64encode(png(7)).decode()],
    )

    await expect(studio.page.get_by_label("What fox.png shows")).to_be_visible()
    await studio.button("Remove fox.png").click()
    await expect(studio.page.get_by_role("list", name="Pictures to send")).to_be_empty()


async def test_what_is_not_a_picture_is_refused_with_the_reason(tmp_path, studio):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    await expect(studio.page.locator("#model")).not_to_be_empty()

    await studio.page.locator("#chooser").set_input_files(broken)

    await expect(studio.page.get_by_role("alert")).to_contain_text("broken.png cannot be read as a picture.")
