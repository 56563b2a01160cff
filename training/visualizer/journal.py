"""What a training leaves behind: checkpoints to resume from, loss curves and sample sheets to look at.

It knows files and figures, nothing of what is trained.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from PIL import Image


class Journal:
    """The files of one training: `checkpoint.pt` in its work folder, curves and sheets in its report folder."""

    def __init__(self, name: str, work: Path, report: Path) -> None:
        self._name, self._checkpoint, self._report = name, work / name / "checkpoint.pt", report
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        report.mkdir(parents=True, exist_ok=True)
        self.losses: list[tuple[int, float]] = []

    def resume(self) -> dict[str, Any] | None:
        """Return the state that was saved last, or None where training starts anew."""
        if not self._checkpoint.exists():
            return None
        state = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        self.losses = [(int(step), float(loss)) for step, loss in state.pop("losses")]
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Save a state so that a crash leaves either the old or the new one."""
        fresh = self._checkpoint.with_suffix(".new")
        torch.save({**state, "losses": self.losses}, fresh)
        os.replace(fresh, self._checkpoint)
        self._plot()

    def sheet(self, rows: list[list[Image.Image]], label: str) -> None:
        """Write rows of pictures as one sheet."""
        sheet = contact_sheet(rows)
        sheet.save(self._report / f"{self._name}-{label}.png")

    def _plot(self) -> None:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(figsize=(7, 4))
        axes.plot(*zip(*self.losses, strict=True))
        axes.set(title=self._name, xlabel="step", ylabel="loss", yscale="log")
        axes.grid(alpha=0.3)
        figure.savefig(self._report / f"{self._name}-loss.png", dpi=110)
        pyplot.close(figure)


def contact_sheet(rows: list[list[Image.Image]], gap: int = 4) -> Image.Image:
    """Lay rows of pictures out on white."""
    width = max(sum(picture.width + gap for picture in row) for row in rows)
    heights = [max(picture.height for picture in row) + gap for row in rows]
    sheet = Image.new("RGB", (width, sum(heights)), "white")
    for index, row in enumerate(rows):
        x = 0
        for picture in row:
            sheet.paste(picture, (x, sum(heights[:index])))
            x += picture.width + gap
    return sheet
