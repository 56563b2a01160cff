"""How many pictures may share a call, and what memory one needs, by tokens: of the picture, its prompt and its references.

Tokens are what a call costs, so pictures with many references count as the large ones that they are. Knows no model.
`python -m visualizer_service.calibrate` measures the table on a device. Without one, a call takes `TOKENS_OF_A_CALL`: on an H100
FLUX.2 klein-4B fills the device from about there on (docs/benchmarks.md), and Qwen-Image gains 2.8 times at 512² and nothing at 1024² by a
batch of four on an H200 (sgl-project/sglang PR #22183).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

TOKENS_OF_A_CALL: Final = 6144


class TokenCap(BaseModel):
    """What was measured for pictures of so many tokens: most rows in a call, and device memory a row takes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: int = Field(ge=1)
    rows: int = Field(ge=1)
    row_bytes: int = Field(ge=0)


class CapTable(BaseModel):
    """One model's caps on one device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    device: str
    caps: tuple[TokenCap, ...] = ()

    @classmethod
    def read(cls, path: Path) -> CapTable:
        """The table that calibration wrote to a JSON file."""
        return cls.model_validate_json(path.read_bytes())


def _on_h100(model: str, *rows_by_tokens: tuple[int, int]) -> CapTable:
    caps = tuple(TokenCap(tokens=tokens, rows=rows, row_bytes=0) for tokens, rows in rows_by_tokens)
    return CapTable(model=model, device="NVIDIA H100 80GB HBM3", caps=caps)


# docs/benchmarks.md, "On a GPU". klein-4B: 256²; 512²; 512² with a reference; 1024². klein-9B-KV: at 512² eight waiting gain a tenth, so
# two share a call; smaller pictures were not measured. Neither was memory: 80 GB hold far more.
SHIPPED: Final = (
    _on_h100("black-forest-labs/FLUX.2-klein-4B", (768, 8), (1536, 4), (2560, 4), (4608, 1)),
    _on_h100("black-forest-labs/FLUX.2-klein-9B-KV", (1536, 2), (4608, 1)),
)
"""Tables of devices that were measured."""


def table_of(model: str, device: str, file: Path | None) -> CapTable | None:
    """The table of a file, else the one shipped for this model on this device, else None."""
    if file is not None:
        return CapTable.read(file)
    return next((table for table in SHIPPED if (table.model, table.device) == (model, device)), None)


class Caps:
    """The caps in force: the table's, lowered where the device ran out of memory."""

    def __init__(self, most_rows: int, table: CapTable | None = None) -> None:
        self._most_rows = most_rows
        self._measured = sorted(table.caps, key=lambda cap: cap.tokens) if table else []
        self._lowered: dict[int, int] = {}

    def rows(self, tokens: int) -> int:
        """Most rows of so many tokens each that may share a call. From any thread."""
        # A copy: another thread may ask while caps are lowered.
        lowered = [rows for size, rows in self._lowered.copy().items() if size <= tokens]
        return min(self._most_rows, self._start(tokens), *lowered)

    def row_bytes(self, tokens: int) -> int:
        """Memory that a row takes; 0 where nothing was measured."""
        if not self._measured:
            return 0
        cap = next((cap for cap in self._measured if cap.tokens >= tokens), self._measured[-1])
        return max(cap.row_bytes, cap.row_bytes * tokens // cap.tokens)

    def lower(self, tokens: int, tried: int) -> None:
        """Halve the cap of rows of so many tokens, and of longer ones, after a call with `tried` of them found too little memory."""
        self._lowered[tokens] = max(1, min(tried, self.rows(tokens)) // 2)

    def _start(self, tokens: int) -> int:
        if not self._measured:
            return max(1, TOKENS_OF_A_CALL // tokens)
        return next((cap.rows for cap in self._measured if cap.tokens >= tokens), 1)
