"""Has every two systems meet on every case that both answered, in both orders; what was decided is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from pydantic import TypeAdapter

from bench.answers.answer import Answer
from bench.answers.arena.pick import Pick, both_orders
from bench.answers.judging.model import ModelJudge
from bench.answers.keep import Kept, key
from bench.answers.running import Bench, Given

_PICK: TypeAdapter[Pick] = TypeAdapter(Pick)


async def met(bench: Bench, referee: ModelJudge, given: Sequence[Given]) -> list[Pick]:
    """The picks of a referee; an answer that failed loses to one that did not, and nobody is asked."""
    groups: dict[tuple[str, int], list[Given]] = {}
    for one in given:
        groups.setdefault((one.case.id, one.said.run), []).append(one)
    pairs = [pair for group in groups.values() for pair in combinations(group, 2)]
    tasks = [lambda one=one, other=other: _met(bench, referee, one, other) for one, other in pairs]
    return [pick for pick in await bench.all("arena", tasks) if pick is not None]


async def _met(bench: Bench, referee: ModelJudge, one: Given, other: Given) -> Pick | None:
    names = one.asker.system.name, other.asker.system.name
    if one.failed or other.failed:
        score = 0.5 if one.failed and other.failed else float(one.failed is None)
        return Pick(*names, one.case.id, score, score)
    kept = Kept(bench.folder, "picks")
    name = key(
        referee.identity, one.case.model_dump(), one.asker.key(one.said), other.asker.key(other.said), names
    )
    if (before := kept.get(name)) is not None:
        return _PICK.validate_json(before)
    pick = await both_orders(
        referee,
        one.case,
        replace(one.said, answers=()),
        (names[0], await _whole(one)),
        (names[1], await _whole(other)),
    )
    if pick is not None:
        kept.put(name, _PICK.dump_json(pick))
    return pick


async def _whole(one: Given) -> Answer:
    """The last answer, after those of earlier turns, which each system gave in its own way."""
    last = await one.asker.ask(one.said)
    return replace(last, parts=tuple(part for answer in (*one.said.answers, last) for part in answer.parts))
