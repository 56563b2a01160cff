import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_packages_keep_their_borders() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_the_gateway_loads_no_model_library() -> None:
    script = "import gateway.main, sys; print(sorted({'torch', 'vllm', 'diffusers', 'transformers'} & sys.modules.keys()))"
    outcome = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout == "[]\n"


def test_the_client_loads_httpx_pydantic_and_what_these_need() -> None:
    script = """
import annotated_types, httpx, pydantic, sys
before = {name.partition(".")[0] for name in sys.modules}
import weaver
after = {name.partition(".")[0] for name in sys.modules} - before - set(sys.stdlib_module_names)
print(sorted(name for name in after if not name.startswith("_")))
"""
    outcome = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout == "['weaver']\n"


def test_no_room_has_more_than_twenty_modules() -> None:
    crowded = {
        folder
        for top in (
            "gateway",
            "weaver",
            "planner_service",
            "visualizer_service",
            "training",
            "bench",
            "deploy",
        )
        for folder in (ROOT / top, *(ROOT / top).rglob("*"))
        if folder.is_dir() and sum(one.name != "__init__.py" for one in folder.glob("*.py")) > 20
    }
    assert crowded == set()
