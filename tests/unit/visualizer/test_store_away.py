"""Whether an error of Redis passes by itself, in the words of all its versions."""

from __future__ import annotations

import pytest
from redis._parsers.base import BaseParser

from visualizer_service.queue.connection import is_away

SCRIPT = "ERR Error running script (call to f_1): @user_script:1: "
"""Before what a command in a script was refused with, up to Redis 6; since Redis 7 a script is refused as a command is."""
PASSING = (
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "MISCONF Redis is configured to save RDB snapshots, but it can't.",
    "MASTERDOWN Link with MASTER is down.",
    "NOREPLICAS Not enough good replicas to write.",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "LOADING Redis is loading the dataset in memory",
)


@pytest.mark.parametrize("before", ["", f"{SCRIPT}-"])
@pytest.mark.parametrize("said", PASSING)
def test_a_redis_that_refuses_to_write_for_now_is_away(said: str, before: str):
    assert is_away(BaseParser.parse_error(before + said))


@pytest.mark.parametrize(
    "said", ["WRONGTYPE Operation against a key", "ERR syntax error", "NOAUTH Authentication required."]
)
def test_a_mistake_does_not_pass(said: str):
    assert not is_away(BaseParser.parse_error(said))
