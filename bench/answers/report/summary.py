"""All that a run found, as one JSON value: what `out/answers.json` holds and the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.answers.arena.bradley_terry import points
from bench.answers.arena.pick import win_rates
from bench.answers.measures import averages
from bench.answers.report.board import Board
from bench.answers.standing import by_category, repeated, standing


def summary(boards: Sequence[Board], about: Mapping[str, Any]) -> dict[str, Any]:
    """The boards as JSON; `about` says what was run where, when and how long."""
    return {"about": dict(about), "boards": [_board(board) for board in boards]}


def _board(board: Board) -> dict[str, Any]:
    return {
        "title": board.title,
        "note": board.note,
        "systems": [_system(board, name) for name in board.systems],
        "arena": _arena(board),
        "agreement": asdict(board.agreement),
        "skipped": [asdict(one) for one in board.skipped],
        "answers": [asdict(row) | {"overall": row.overall if row.scores else None} for row in board.rows],
    }


def _system(board: Board, name: str) -> dict[str, Any]:
    rows = board.of(name)
    return {
        "name": name,
        "answers": len(rows),
        "failed": sum(row.measures.came == 0 for row in rows),
        "unjudged": sum(row.refused is not None for row in rows),
        "figures": {figure: asdict(interval) for figure, interval in standing(rows).items()},
        "categories": by_category(rows),
        "measures": averages(row.measures for row in rows),
        "runs": {figure: asdict(one) | {"agree": one.agree} for figure, one in repeated(rows).items()},
    }


def _arena(board: Board) -> dict[str, Any] | None:
    if not board.picks:
        return None
    return {
        "points": {name: asdict(interval) for name, interval in points(board.picks).items()},
        "pairs": [
            {"one": one, "other": other, "share": share, "share_forced": forced, "cases": cases}
            for (one, other), (share, forced, cases) in win_rates(board.picks).items()
        ],
    }
