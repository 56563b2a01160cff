"""`python -m bench.wishes`: start the whole system, ask a hundred wishes and twenty ways to go on, and say what is wrong with the answers.

The system is set by environment as `make run` is. LOCAL_VISUALIZER_MODEL=simulated leaves the drawing out: texts and counts are the planner's.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bench.logged import logged
from bench.wishes.asking import Asker
from bench.wishes.wish import Wish, faults_of
from bench.wishes.wishes import GONE_ON_FROM, going_on, hundred
from deploy.local import services
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import NotReady


def main() -> None:
    """Exit status 0 means that nothing was wrong."""
    local = LocalSettings(directory=Path("out/wishes"))  # pyright: ignore[reportCallIssue]
    stack = services.build(local)
    log = local.directory / "services.log"
    with log.open("w", encoding="utf-8", buffering=1) as lines:
        try:
            with logged(stack, local.start_timeout_s, lines):
                wrong = asyncio.run(_ask_all(stack.gateway_url))
        except NotReady as error:
            sys.exit(str(error))
    sys.exit(wrong > 0)


async def _ask_all(url: str) -> int:
    asker = Asker(url)
    wrong = await _wrong(asker, "wishes", list(hundred()))
    for text in GONE_ON_FROM:
        await asker.begin(text)
    return wrong + await _wrong(asker, "ways to go on", list(going_on()))


async def _wrong(asker: Asker, name: str, wishes: list[Wish]) -> int:
    """Ask, print each answer that is wrong and how many are."""
    told = await asyncio.gather(*(_told(asker, wish) for wish in wishes))
    wrong = [line for line in told if line]
    print(*wrong, f"{len(wrong)} of {len(wishes)} {name} were answered wrongly", sep="\n", flush=True)
    return len(wrong)


async def _told(asker: Asker, wish: Wish) -> str:
    try:
        faults = list(faults_of(wish, await asker.ask(wish)))
    except Exception as error:
        faults = [f"no answer: {error!r}"]
    return f"{wish}: {'; '.join(faults)}" if faults else ""


if __name__ == "__main__":
    main()
