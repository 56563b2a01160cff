"""What a slot may name: unknown references and sizes are dropped, whatever wrote them. With the grammar in force there is nothing to drop."""

from __future__ import annotations

from planner_service.language.bounds import MOST_REFERENCES, Language
from planner_service.wire import Slot


def repaired(slot: Slot, language: Language) -> Slot:
    """A slot within the bounds of the whole answer's language."""
    nameable = language.nameable(slot.index)
    references = [name for name in dict.fromkeys(slot.references) if name in nameable]
    return slot.model_copy(
        update={
            "references": tuple(references[:MOST_REFERENCES]),
            "size": slot.size if slot.size in language.sizes else None,
        }
    )
