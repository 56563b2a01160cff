import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
# Longer than this, a page is put down.
MOST_WORDS = 1200
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*\.(?:py|md|txt|yml|j2))`")
LINK = re.compile(r"(?:\]\(|src=\")([^)#\"]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    # What a command writes lies in `out/`, and is not there before it has run.
    named = [ROOT / path for path in PATH.findall(text) if not path.startswith("out/")]
    linked = [
        page.parent / target
        for target in LINK.findall(text)
        if "://" not in target and not target.startswith("/")
    ]
    assert [str(path) for path in named + linked if not path.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_in_a_page_that_is_linked_to_is_there(page: Path) -> None:
    for target, place in re.findall(r"\]\(([^)#:]*\.md|)#([\w-]+)\)", page.read_text(encoding="utf-8")):
        text = (page.parent / target if target else page).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
        assert place in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_is_too_long_to_read_tables_and_code_aside(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^(\||    ).*$", "", text, flags=re.MULTILINE)
    assert len(prose.split()) <= MOST_WORDS


def test_every_page_is_found_from_the_readme() -> None:
    found, new = set[Path](), {ROOT / "README.md"}
    while new:
        page = new.pop()
        found.add(page)
        linked = {
            (page.parent / target).resolve()
            for target in re.findall(r"\]\(([^)#:]+\.md)", page.read_text(encoding="utf-8"))
        }
        new |= linked - found
    assert set(PAGES) <= found
