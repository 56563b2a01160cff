"""A crowd alone: `python -m bench.serving.crowd [STREAMS [tokens|readers|plans …]]`, in a minute or two, without the other measurements."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.serving.bed import bed
from bench.serving.crowd.measure import STREAMS, measure


def main() -> None:
    """Measure and print."""
    streams, *what = sys.argv[1:] or [str(STREAMS)]
    directory = Path("out/bench-crowd")
    directory.mkdir(parents=True, exist_ok=True)
    with bed(directory) as made:
        figures = measure(made, int(streams), *([what] if what else []))
    for name, value in figures.items():
        print(f"{name:28} {value:10.2f}")


if __name__ == "__main__":
    main()
