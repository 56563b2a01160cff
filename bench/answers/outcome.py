"""Writes what a run found: everything as JSON, the page, the tables as Markdown, and prints the tables."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from bench.answers.answer import Answer, restored
from bench.answers.cases.case import Case
from bench.answers.keep import Kept
from bench.answers.report.board import Board, markdown
from bench.answers.report.page import page
from bench.answers.report.summary import summary
from bench.answers.standing import Row
from bench.report import processor


def write(
    boards: Sequence[Board], cases: Sequence[Case], folder: Path, kept: Path, about: dict[str, object]
) -> None:
    """Write `answers.json`, `answers.html` and `answers.md` to a folder; `kept` is where the answers lie."""
    machine = f"{os.cpu_count()} cores of {processor()}"
    about = {"date": time.strftime("%Y-%m-%d", time.gmtime()), "machine": machine, **about}
    found = summary(boards, about)
    answers = Kept(kept, "answers")

    def fetch(row: Row) -> Answer | None:
        before = answers.get(row.kept)
        return None if before is None else restored(before)

    tables = "\n".join(markdown(board) for board in boards)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answers.json").write_text(
        json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / "answers.html").write_text(
        page(found, boards, {case.id: case for case in cases}, fetch), encoding="utf-8"
    )
    (folder / "answers.md").write_text(tables, encoding="utf-8")
    print(tables)
    print(
        *(f"{folder / name} is written." for name in ("answers.json", "answers.html", "answers.md")), sep="\n"
    )
