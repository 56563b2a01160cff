"""Writing a question: nothing fails silently, and what is on is seen."""

import pytest
from playwright.async_api import expect

from planner_service.wire import PlanFailed
from tests.fakes import PLAN_DONE, says
from tests.integration.gateway.gateway_app import png

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a fox"


async def options(studio):
    await expect(studio.page.locator("#model")).not_to_be_empty()
    await studio.page.get_by_text("Options", exact=True).click()


async def test_a_number_that_cannot_be_is_told_where_it_stands_and_nothing_is_asked(planner, studio):
    await options(studio)
    await studio.page.get_by_label("At least", exact=True).fill("99")
    await studio.page.keyboard.press("Escape")

    await studio.ask(WISH)

    await expect(studio.page.get_by_role("alert").filter(has_text="At least:")).to_be_visible()
    await expect(studio.page.get_by_label("At least", exact=True)).to_be_focused()
    await expect(studio.wish).to_have_value(WISH)
    assert planner.asked == []

    await studio.page.get_by_label("At least", exact=True).fill("2")
    await studio.wish.press("Enter")
    await studio.ended()
    assert planner.asked[0].least_images == 2


async def test_options_that_are_on_are_seen_and_each_can_be_taken_back(planner, studio):
    await options(studio)
    await studio.page.get_by_label("Answer with").select_option("image")
    await studio.page.get_by_label("Seed").fill("7")
    on = studio.page.get_by_role("list", name="Options that are on").get_by_role("listitem")
    await expect(on).to_contain_text(["a picture only", "seed 7"])

    await studio.button("Undo: a picture only").click()
    await expect(on).to_have_count(1)
    await studio.ask(WISH)
    await studio.ended()
    assert planner.asked[0].mode == "auto"

    await studio.button("New story").click()
    await expect(on).to_have_count(0)


async def test_a_seed_that_was_liked_is_kept_for_the_next_answer(pool, studio):
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()
    seed = pool.jobs[1].seed

    await (await studio.details(2)).get_by_role("button", name=f"Use seed {seed} again").click()
    await studio.ask("And then?")
    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.ended()

    assert pool.jobs[2].seed == seed


async def test_a_picture_of_the_story_is_picked_to_guide_the_next_answer(planner, pool, studio):
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()
    await studio.press(2, "Use in the next answer")
    await expect(studio.page.get_by_role("list", name="Pictures that guide the answer")).to_contain_text(
        "Guided by picture 2"
    )

    await studio.ask("And then?")
    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.ended()

    assert len(pool.jobs[2].references) == 1
    assert "references" in await studio.page.evaluate(
        "localStorage.getItem('weaver:turn:' + location.hash.slice(1))"
    )
    await expect(studio.page.get_by_role("list", name="Pictures that guide the answer")).to_be_empty()


async def test_a_file_that_is_no_picture_is_refused_in_words_and_one_without_a_type_is_tried(
    tmp_path, studio
):
    await expect(studio.page.locator("#model")).not_to_be_empty()
    (tmp_path / "notes.txt").write_text("a fox")
    await studio.page.locator("#chooser").set_input_files(tmp_path / "notes.txt")
    await expect(
        studio.page.get_by_role("alert").filter(has_text="notes.txt is not a picture.")
    ).to_be_visible()

    (tmp_path / "fox.heif").write_bytes(png(7))
    await studio.page.locator("#chooser").set_input_files(tmp_path / "fox.heif")
    await expect(studio.page.get_by_label("What fox.heif shows")).to_be_visible()


async def test_the_last_question_comes_back_by_the_arrow_key(studio):
    await studio.ask(WISH)
    await studio.ended()

    await studio.wish.press("ArrowUp")

    await expect(studio.wish).to_have_value(WISH)


async def test_going_on_asks_what_the_planner_knows_and_is_offered_after_a_lone_picture(planner, studio):
    await studio.ask(WISH)
    await studio.ended()

    await studio.button("Continue").click()
    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.ended()

    assert planner.asked[1].messages[-1].content[0].text == "And then?"
    await expect(studio.button("Continue").last).to_be_visible()


async def test_markdown_of_a_planner_is_shown_as_it_means(planner, studio):
    text = "## How\n\n1. one\n   - two\n\n> quoted\n\n|a|b|\n|-|-:|\n|1|2|\n\n```js\nlet x = 1;\n```\n\nSee [there](https://example.org), `code`."
    planner.script = [says(text), PLAN_DONE]
    await studio.ask(WISH)
    await studio.ended()

    answer = studio.answer
    await expect(answer.get_by_role("heading", name="How", level=4)).to_be_visible()
    await expect(answer.locator("ol > li > ul > li")).to_have_text("two")
    await expect(answer.get_by_role("blockquote")).to_have_text("quoted")
    await expect(answer.get_by_role("cell", name="2")).to_have_class("to-right")
    await expect(answer.locator("pre code")).to_have_text("let x = 1;\n")
    await expect(answer.get_by_role("link", name="there")).to_have_attribute("rel", "noopener noreferrer")
    await expect(answer.locator("p code")).to_have_text("code")


@pytest.mark.parametrize(
    "attack",
    [
        "[x](javascript:alert(1))",
        "<a href='javascript:alert(1)'>x</a>",
        "![x](https://elsewhere.example/x.png)",
        "<svg onload=alert(1)>",
        "[x](data:text/html,hi)",
    ],
)
async def test_markdown_runs_and_fetches_nothing(attack, planner, studio):
    asked = []
    studio.page.on("request", lambda request: asked.append(request.url))
    planner.script = [says(f"So: {attack}"), PLAN_DONE]
    await studio.ask(WISH)
    await studio.ended()

    await expect(studio.answer).to_contain_text("So:")
    dangers = "a[href^='javascript'], a[href^='data'], img, svg, script"
    assert await studio.answer.locator(dangers).count() == 0
    assert all(url.startswith((studio.url, "blob:")) for url in asked)


async def test_after_a_failure_the_words_are_a_persons(planner, studio):
    planner.script = [says("Once"), PlanFailed(code="malformed_plan")]
    await studio.ask(WISH)

    trouble = studio.turn.get_by_role("alert")
    await expect(trouble).to_contain_text("What has come so far stays.")
    assert "`" not in await trouble.inner_text()
