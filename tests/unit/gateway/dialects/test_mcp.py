"""What agents are given: pinned by golden files."""

import pytest

from gateway.answer.folding import fold
from gateway.dialects.mcp.answer import result
from gateway.dialects.mcp.tools import tool_list
from tests.fakes import FakeBlobs, ask
from tests.unit.gateway.answer.test_folding import EVENTS
from tests.unit.gateway.dialects.goldens import EARLY, compare

REQUEST = ask(f"resp_{'0' * 32}")
ENDS = {"completed": EVENTS, **EARLY}


def plain(value):
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_the_tools_are_those_of_the_golden_file():
    compare("mcp_tools.json", [plain(tool) for tool in tool_list()])


@pytest.mark.parametrize("ending", ENDS)
async def test_an_answer_is_that_of_the_golden_file(ending):
    kept = FakeBlobs(img1=b"cGljdHVyZQ==")
    compare(f"mcp_{ending}.json", plain(await result(REQUEST, fold(ENDS[ending]), kept)))
