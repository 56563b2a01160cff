"""The report as one HTML page that needs nothing beside it: tables, drawings, and the worst answers with the judge's words."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from bench.answers.answer import Answer, Picture, Text
from bench.answers.cases.case import Case
from bench.answers.cases.inputs import sent
from bench.answers.report import figures
from bench.answers.report.board import CALLED, MEASURED, Board
from bench.answers.standing import FIGURES, Row

WORST: Final = 10
_THUMB_PX: Final = 320
_TEMPLATES: Final = Environment(
    loader=PackageLoader("bench.answers", "report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of an answer as the page shows it: a text, or a picture as a data URL with what it was to show."""

    text: str = ""
    image: str = ""
    description: str = ""


def page(
    found: Mapping[str, Any],
    boards: Sequence[Board],
    cases: Mapping[str, Case],
    fetch: Callable[[Row], Answer | None],
) -> str:
    """The page. `found` is the summary, `fetch` gives an answer by its row; one that failed may be gone."""
    return _TEMPLATES.get_template("page.html.j2").render(
        found=found,
        worst=[_worst(board, cases, fetch) for board in boards],
        radars=[figures.radar([_means(system) for system in board["systems"]]) for board in found["boards"]],
        measured=[_measured(board["systems"]) for board in found["boards"]],
        figure_names=FIGURES,
        called=CALLED,
        figures=figures,
    )


def _means(system: Mapping[str, Any]) -> dict[str, float]:
    return {axis: interval["mean"] for axis, interval in system["figures"].items()}


def _measured(systems: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The measures that apply to any of the systems, and what they are called."""
    return {
        name: called for name, called in MEASURED.items() if any(name in one["measures"] for one in systems)
    }


def _worst(
    board: Board, cases: Mapping[str, Case], fetch: Callable[[Row], Answer | None]
) -> list[dict[str, Any]]:
    """The cases with the worst answers, the worst first, each with what every system made of it in that run."""
    ranked = sorted((row for row in board.rows if row.scores), key=lambda row: row.overall)
    chosen = list(dict.fromkeys((row.case, row.run) for row in ranked))[:WORST]
    return [
        {
            "case": cases[case],
            "sent": [_thumb(sent(image).png) for turn in cases[case].turns for image in turn.images],
            "answers": [
                {"row": row, "parts": _parts(fetch(row)), "complaints": _complaints(row)}
                for row in board.rows
                if (row.case, row.run) == (case, run)
            ],
        }
        for case, run in chosen
    ]


def _complaints(row: Row) -> list[Any]:
    """The questions that were not fully answered with yes."""
    return [one for one in row.verdicts if one.share is not None and one.share < 1]


def _parts(answer: Answer | None) -> list[Shown]:
    parts = []
    for part in answer.parts if answer else ():
        match part:
            case Text(text=text) if text.strip():
                parts.append(Shown(text=text.strip()))
            case Picture(data=bytes(data)):
                parts.append(Shown(image=_thumb(data), description=part.description or ""))
            case Picture():
                parts.append(Shown(text=f"[A picture did not come: {part.failure or 'nobody says why'}]"))
    return parts


def _thumb(data: bytes) -> str:
    """A small copy as a data URL; nothing where the bytes are no picture."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
    except OSError:
        return ""
    picture.thumbnail((_THUMB_PX, _THUMB_PX))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"
