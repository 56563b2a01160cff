"""What a load test leaves behind: `load.json` with everything, and `load.html` for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.load import plots
from bench.load.figures import figures, pool, timeline, times
from bench.load.knee import knee, stages
from bench.load.record import Record
from bench.load.scenarios import Load
from bench.load.watching import Sample


def report(
    load: Load, about: Mapping[str, Any], records: Sequence[Record], samples: Sequence[Sample]
) -> dict[str, Any]:
    """All figures: of everybody, of each group and kind of question, of the server, and of a ramp its stages and its knee."""
    slo = load.mix.slo
    whole = figures(records, slo, load.lasts_s)
    told: dict[str, Any] = {
        "about": {**about, "scenario": load.scenario, "lasts_s": load.lasts_s, "seed": load.seed},
        "slo": slo.model_dump(exclude_none=True),
        "all": whole,
        "groups": _by(records, load, lambda record: record.send.group),
        "questions": _by(records, load, lambda record: record.send.kind.name),
        "pool": pool(samples, whole["pictures_per_s"]),
        "timeline": timeline(records, slo, load.lasts_s),
        "samples": [asdict(sample) for sample in samples],
    }
    if load.scenario == "ramp":
        ramped = stages(load, records, samples)
        told |= {"stages": [stage.told() for stage in ramped], "knee": knee(ramped, slo)}
    return told


def write(
    told: dict[str, Any], load: Load, records: Sequence[Record], samples: Sequence[Sample], folder: Path
) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "load.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (folder / "load.html").write_text(page(told, load, records, samples), encoding="utf-8")


def page(told: dict[str, Any], load: Load, records: Sequence[Record], samples: Sequence[Sample]) -> str:
    """The report as HTML that needs nothing else."""
    drawn = {
        "Requests over time": plots.outcomes(told["timeline"]),
        "Latencies over time": plots.latencies(records, load.lasts_s),
        "Distribution of latencies": plots.distributions(records),
    }
    if samples:
        drawn["The pool"] = plots.pool(samples)
    if "knee" in told:
        drawn = {"The ramp": plots.ramp(told["stages"], told["knee"]["knee_per_s"])} | drawn
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("page.html.j2").render(
        {"knee": None, **told, "plots": drawn, "times": list(times([]))}
    )


def _by(records: Sequence[Record], load: Load, key: Any) -> dict[str, Any]:
    names = sorted({key(record) for record in records})
    return {
        name: figures([record for record in records if key(record) == name], load.mix.slo, load.lasts_s)
        for name in names
    }
