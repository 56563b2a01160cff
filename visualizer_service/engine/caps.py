"""How many pictures of a size may share a call, and what memory one needs. Knows pixels and bytes, no model.

`python -m visualizer_service.calibrate` measures the table on a device; without one, batches get smaller as pictures get larger:
on an H200 a batch of four 512² pictures is 2.8 times as fast as four alone, at 1024² only 1.02 times (sgl-project/sglang PR #22183).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

BATCHING_PAYS_UP_TO_PX: Final = 768 * 768


class SizeCap(BaseModel):
    """What was measured for one size: most rows in a call, and device memory a row takes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width_px: int
    height_px: int
    rows: int = Field(ge=1)
    row_bytes: int = Field(ge=0)


class CapTable(BaseModel):
    """One model's caps on one device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    device: str
    caps: tuple[SizeCap, ...] = ()

    @classmethod
    def read(cls, path: Path) -> CapTable:
        """The table that calibration wrote to a JSON file."""
        return cls.model_validate_json(path.read_bytes())


class Caps:
    """The caps in force: the table's, lowered where the device ran out of memory."""

    def __init__(self, most_rows: int, table: CapTable | None = None) -> None:
        self._most_rows = most_rows
        self._measured = {cap.width_px * cap.height_px: cap for cap in (table.caps if table else ())}
        self._lowered: dict[int, int] = {}

    def rows(self, pixels: int) -> int:
        """Most rows of a picture size, in pixels, that may share a call."""
        return min(self._most_rows, self._lowered.get(pixels, self._start(pixels)))

    def row_bytes(self, pixels: int) -> int:
        """Memory that a row of the size takes; 0 where it was not measured."""
        return self._measured[pixels].row_bytes if pixels in self._measured else 0

    def lower(self, pixels: int, tried: int) -> None:
        """Halve the cap of a size after a call with `tried` rows found too little memory."""
        self._lowered[pixels] = max(1, min(tried, self.rows(pixels)) // 2)

    def _start(self, pixels: int) -> int:
        if pixels in self._measured:
            return self._measured[pixels].rows
        return self._most_rows if pixels <= BATCHING_PAYS_UP_TO_PX else 1
