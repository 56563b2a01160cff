"""The studio for those who see it small, dark or not at all, and for those who have no mouse."""

from pathlib import Path

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
WISH = "A story about a fox"


async def violations(page):
    """What axe finds wrong that matters."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run()")
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(scheme, studio, planner):
    await studio.page.emulate_media(color_scheme=scheme)
    assert await violations(studio.page) == []

    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()
    await studio.picture(2).get_by_role("button", name="Edit").click()
    assert await violations(studio.page) == []

    await studio.page.locator("#options summary").click()
    planner.script = [ConnectionError()]
    await studio.ask("And then?")
    await expect(studio.turn.get_by_role("alert")).to_be_visible()
    assert await violations(studio.page) == []


@pytest.mark.parametrize("width", [320, 390])
async def test_a_phone_needs_no_sideways_scrolling(width, studio):
    await studio.page.set_viewport_size({"width": width, "height": 780})
    await studio.ask("Averylongwordthatnobodywouldeverwriteinastorybutsomebodywillsurelytrytosendanyway")
    await studio.drawn(2)
    await studio.page.locator("#options summary").click()

    assert await studio.page.evaluate("document.documentElement.scrollWidth") == width
    panel = await studio.page.locator("#options .panel").bounding_box()
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= width


async def test_a_phone_on_its_side_shows_a_picture_beside_the_composer(studio):
    await studio.page.set_viewport_size({"width": 740, "height": 360})
    await studio.ask(WISH)
    await studio.drawn(1)

    composer = await studio.page.locator("#composer").bounding_box()
    assert composer["height"] < 0.25 * 360
    await studio.picture(1).scroll_into_view_if_needed()
    assert await studio.page.evaluate("document.documentElement.scrollWidth") == 740


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious_on_the_shelf_and_in_dialogs(scheme, studio):
    await studio.page.emulate_media(color_scheme=scheme)
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()
    await studio.picture(1).get_by_role("button", name="Enlarge picture 1").click()
    assert await violations(studio.page) == []
    await studio.page.keyboard.press("Escape")

    await (await studio.details(2)).scroll_into_view_if_needed()
    await studio.page.locator("#share").click()
    await expect(studio.page.get_by_role("dialog", name="Share this story")).to_be_visible()
    assert await violations(studio.page) == []
    await studio.page.keyboard.press("Escape")

    await studio.page.locator("#home").click()
    await studio.page.locator("#stories .menu summary").click()
    assert await violations(studio.page) == []


async def press(page, *keys):
    for key in keys:
        await page.keyboard.press(key)


async def walk_to(page, target, key="Tab"):
    """Press a key until something has the focus, as people do; it must within a few presses."""
    for _ in range(40):
        if await target.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached by {key}")


async def test_all_of_it_works_by_keyboard(planner, studio):
    page = studio.page
    await expect(page.locator("#model")).not_to_be_empty()
    await expect(studio.wish).to_be_focused()
    await page.keyboard.type(WISH)
    await press(page, "Shift+Enter")
    await page.keyboard.type("by the sea")
    await press(page, "Enter")
    await studio.ended()
    await studio.drawn(2)
    assert planner.asked[0].messages[0].content[0].text == f"{WISH}\nby the sea"

    await walk_to(page, studio.turn.locator("details.details > summary"), "Shift+Tab")
    await press(page, "Enter")
    guide = (await studio.details(2)).get_by_role("button", name="Go to picture 1, chosen by the planner")
    await walk_to(page, guide)
    await press(page, "Enter")
    await expect(studio.picture(1)).to_be_focused()

    change = studio.picture(1).get_by_role("button", name="Edit", exact=True)
    await walk_to(page, change)
    await press(page, "Enter")
    await expect(page.get_by_label("What should change in picture 1")).to_be_focused()
    await press(page, "Escape")
    await expect(change).to_be_focused()

    save = page.locator("#save summary")
    await walk_to(page, save, "Shift+Tab")
    await press(page, "Enter", "Tab")
    await expect(studio.button("Web page (HTML)")).to_be_focused()
    await press(page, "Escape")
    await expect(save).to_be_focused()


async def test_what_comes_is_said_once_sentence_by_sentence(studio):
    await studio.ask(WISH)
    await studio.ended()

    said = studio.page.get_by_role("log", name="What is new")
    await expect(said).to_contain_text("The answer is complete.")
    sentences = await said.locator("p").all_inner_texts()
    assert sentences.count("A fox lived by the wood.") == 1
    assert "Picture 2 is ready." in sentences


HEARD = """async (text) => {
  const { announcer } = await import("/studio/announcer.js");
  const region = document.createElement("div");
  announcer(region).follow({ answer: { items: [{ kind: "text", text, done: false }], status: "in_progress" }, live: true });
  return region.textContent;
}"""


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Pi is 3.14 now. It go", "Pi is 3.14 now."),
        ("一只狐狸。「太好了。」然后", "一只狐狸。「太好了。」"),
        ("एक लोमड़ी थी। फिर वह", "एक लोमड़ी थी।"),
    ],
    ids=["English", "Chinese", "Hindi"],
)
async def test_sentences_are_said_as_they_end_in_their_language(studio, text, whole):
    assert await studio.page.evaluate(HEARD, text) == whole


async def test_every_picture_has_its_description_as_alternative_text(studio):
    await studio.ask(WISH)
    await studio.drawn(2)

    for number, description in ((1, "a fox before a house"), (2, "the fox at the sea")):
        await expect(studio.picture(number).get_by_role("img", name=description)).to_be_visible()


async def test_whoever_wants_no_motion_gets_none(studio):
    """Not even a short one: a transition of everything, however short, turns a page dark one level of it after the other."""
    await studio.ask(WISH)
    await studio.drawn(2)
    longest = await studio.page.evaluate(
        "Math.max(...[...document.querySelectorAll('*')].map(one => parseFloat(getComputedStyle(one).transitionDuration)))"
    )
    assert longest == 0

    await studio.page.emulate_media(color_scheme="dark")
    assert await studio.page.evaluate("document.getAnimations().length") == 0
