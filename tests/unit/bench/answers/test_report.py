from __future__ import annotations

import json

from bench.answers.answer import Answer, Picture, Text, stored
from bench.answers.arena.pick import by_scores
from bench.answers.cases.loading import WORLD, load
from bench.answers.keep import Kept
from bench.answers.outcome import write
from bench.answers.report.board import Board, markdown
from tests.unit.bench.answers.rows import scored
from tests.unit.bench.answers.tales import png
from training.world import Identity, Scene

CASES = load([WORLD])
FOX = Scene(
    "fox",
    "none",
    "red",
    "standing",
    "left",
    "forest",
    "day",
    "ball",
    Identity("orange", "light", "plain", "long"),
)
EVIL = "<script>alert('x')</script>"


def board(**more: object) -> Board:
    rows = [
        scored(system, case.id, run, kept=f"{system}{case.id}{run}", adherence=float(place % 11), images=high)
        for run in (0, 1)
        for place, case in enumerate(CASES)
        for system, high in (("ours", 9.0), ("theirs", 4.0))
    ]
    return Board("Systems", "Two systems.", rows, **more)  # pyright: ignore[reportArgumentType]


def written(tmp_path, *boards: Board) -> tuple[str, dict, str]:
    kept = Kept(tmp_path, "answers")
    answer = Answer(
        (Text(EVIL), Picture(png(FOX), description=EVIL), Picture(None, failure="late")), "completed"
    )
    for row in boards[0].rows:
        kept.put(row.kept, stored(answer))
    write(boards, CASES, tmp_path / "out", tmp_path, {"judge": "made up"})
    page, found, tables = (tmp_path / "out" / f"answers.{kind}" for kind in ("html", "json", "md"))
    return (
        page.read_text(encoding="utf-8"),
        json.loads(found.read_text(encoding="utf-8")),
        tables.read_text(encoding="utf-8"),
    )


def test_the_table_has_a_line_for_each_system_and_is_printed(tmp_path, capsys) -> None:
    _, _, tables = written(tmp_path, board())
    line = next(line for line in tables.splitlines() if line.startswith("| theirs"))
    assert "| 4.00 [4.00, 4.00] |" in line
    assert line.count("|") == 8
    assert tables in capsys.readouterr().out


def test_the_json_holds_every_answer_with_its_verdicts(tmp_path) -> None:
    _, found, _ = written(tmp_path, board())
    (only,) = found["boards"]
    assert len(only["answers"]) == 4 * len(CASES)
    assert only["answers"][0]["verdicts"][0]["question"] == "adherence, really?"
    assert only["systems"][0]["figures"]["images"]["mean"] == 9
    assert only["systems"][0]["runs"]["images"]["agree"]


def test_the_page_shows_the_ten_worst_with_what_every_system_answered(tmp_path) -> None:
    page, _, _ = written(tmp_path, board())
    assert page.count('<article class="card worst">') == 10
    assert page.count('<div class="said">') == 20
    assert "[A picture did not come: late]" in page


def test_nothing_that_was_said_becomes_markup_and_nothing_is_loaded_from_elsewhere(tmp_path) -> None:
    page, _, _ = written(tmp_path, board())
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert 'src="http' not in page
    assert "<script" not in page


def test_an_arena_has_points_and_pairs(tmp_path) -> None:
    rows = board().rows
    page, found, _ = written(tmp_path, board(picks=by_scores(rows)))
    assert list(found["boards"][0]["arena"]["points"]) == ["ours", "theirs"]
    assert "ours against theirs" in page


def test_answers_that_are_gone_or_were_never_judged_do_not_end_the_report(tmp_path) -> None:
    rows = [scored("s", CASES[0].id, adherence=0.0), scored("s", CASES[1].id)]
    write([Board("Systems", "", rows)], CASES, tmp_path / "out", tmp_path, {})
    assert "Nothing came." in (tmp_path / "out" / "answers.html").read_text(encoding="utf-8")


def test_a_system_without_a_figure_has_a_dash() -> None:
    assert "| s | 5.00 [5.00, 5.00] | - |" in markdown(
        Board("Systems", "", [scored("s", "a", adherence=5.0)])
    )
