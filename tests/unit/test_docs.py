import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
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
