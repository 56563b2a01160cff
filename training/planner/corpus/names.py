"""Names that characters bear: those listed in `names.txt`, and syllables of which others are made."""

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
NAMES: Final = tuple((_HERE / "names.txt").read_text(encoding="utf-8").split())
SYLLABLES: Final = tuple((_HERE / "syllables.txt").read_text(encoding="utf-8").split())
