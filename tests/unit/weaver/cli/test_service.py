"""The overview of a gateway tells of every pool."""

import io

from rich.console import Console

from weaver.cli.service import overview
from weaver.client.status import PoolStatus, Status, Waiting

SMALL = PoolStatus(name="small", workers=(), waiting=Waiting(interactive=3))
LARGE = PoolStatus(name="large", workers=(), waiting=Waiting(batch=1))
STATUS = Status(
    ready=True,
    model="quick",
    redis=True,
    planner=True,
    leaving=False,
    responses=0,
    open_streams=0,
    pool=SMALL,
)


def shown(status: Status) -> str:
    text = io.StringIO()
    Console(file=text, width=120).print(overview(status, "http://gateway"))
    return text.getvalue()


def test_every_pool_and_every_name_that_can_be_asked_for_is_told() -> None:
    told = shown(STATUS.model_copy(update={"models": ("quick", "careful"), "pools": (SMALL, LARGE)}))
    assert "quick, careful" in told
    assert [line.split()[1:3] for line in told.splitlines() if "queue" in line] == [
        ["small", "3"],
        ["large", "1"],
    ]


def test_a_gateway_that_tells_of_one_pool_only_is_understood() -> None:
    told = shown(STATUS)
    assert [line.split()[1:3] for line in told.splitlines() if "queue" in line] == [["small", "3"]]
