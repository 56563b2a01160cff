"""`make demo`: start everything, ask for one illustrated story, keep it as a page, stop everything.

Exit status 0 means that every part of the story arrived.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pydantic_settings import CliApp
from rich.console import Console
from rich.live import Live

from deploy.local import services
from deploy.local.ask import NoAnswer, ask
from deploy.local.progress import Starting
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import NotReady, Supervisor
from weaver.cli.output import writer_for
from weaver.client.answer import Answer, answer
from weaver.export.files import save_picture, save_pictures, write

PICTURES = 4
STORYBOOK: str = LocalSettings.model_fields["planner_model"].default
STRANGER = (
    "Another planner writes in open language. The painter is still storybook's, which knows the words of its own small world only:\n"
    "the pictures show how the parts work together, not what the text says."
)
ASKED = f"Tell me a story about a fox who finds the sea, with {PICTURES} pictures"


def main() -> None:
    """Run the demo from start to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    console = Console()
    settings = CliApp.run(LocalSettings, directory=Path("out/demo"))
    settings.directory.mkdir(parents=True, exist_ok=True)
    log = settings.directory / "services.log"
    try:
        with ExitStack() as running:
            url = start(settings, log, running, console)
            console.print(f"\n[bold]{ASKED}[/]\n")
            if settings.planner_model != STORYBOOK and settings.visualizer_model.startswith(
                "models/storybook"
            ):
                console.print(f"[dim]{STRANGER}[/]\n")
            asked_at = time.monotonic()
            told = tell(url, settings)
            told_s = time.monotonic() - asked_at
    except (NotReady, NoAnswer) as error:
        sys.exit(f"{error}\nEverything that the services said is in {log}")
    except KeyboardInterrupt:
        sys.exit("stopped")
    if not is_whole(told, PICTURES):
        sys.exit(
            f"The story is not whole (status {told.status}); see {settings.directory}/response.json and {log}"
        )
    efficiency = told.timeline and told.timeline.overlap_efficiency
    console.print(
        f"Told in {told_s:.1f} s; planning and drawing overlapped to {efficiency or 0:.0%} of the best possible."
    )
    console.print(f"Open [bold]{settings.directory}/story.html[/]")


def start(settings: LocalSettings, log: Path, running: ExitStack, console: Console) -> str:
    """Start the stack, to be stopped when `running` is left, and return the gateway's address."""
    stack = services.build(settings)
    lines = running.enter_context(log.open("w", encoding="utf-8", buffering=1))
    starting = Starting(stack)
    supervisor = Supervisor(
        stack, settings.start_timeout_s, lambda name, line: _keep(lines, name, line), starting.hear
    )
    with Live(starting, console=console, refresh_per_second=4):
        running.enter_context(supervisor)
    return stack.gateway_url


def tell(url: str, settings: LocalSettings) -> Answer:
    """Ask for the story, show it as it comes, and write everything that came into the settings' directory."""
    question = {
        "model": settings.public_model,
        "input": ASKED,
        "mode": "interleaved",
        "least_images": PICTURES,
        "most_images": PICTURES,
    }
    directory = settings.directory
    with writer_for(as_json=False, save=lambda picture: save_picture(picture, directory)) as writer:
        response = ask(url, question, directory / "events.sse", writer.write)
    for name, content in (("response.json", response), ("timeline.json", response["timeline"])):
        (directory / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    story = answer(response)
    save_pictures(story, directory)
    write(story, directory / "story.html", ASKED)
    return story


def is_whole(story: Answer, pictures: int) -> bool:
    """Whether a story is complete: text, at least so many pictures, and none of them lost."""
    drawn = [picture.data for picture in story.pictures]
    return story.status == "completed" and bool(story.text.strip()) and len(drawn) >= pictures and all(drawn)


def _keep(lines: Any, name: str, line: str) -> None:
    lines.write(f"{name:>14} | {line}\n")


if __name__ == "__main__":
    main()
