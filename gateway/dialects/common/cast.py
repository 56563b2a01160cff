"""Who returns in an answer's pictures and their one style: as clients say it, and as every dialect tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from gateway.answer.document import Document
from gateway.answer.request import Request
from gateway.dialects.common.forgiving import Body
from gateway.dialects.common.schemas import Object
from planner_service.wire import MOST_FIGURES, Figure

MOST_LOOKS_CHARS: Final = 400
MOST_STYLE_CHARS: Final = 300


class CastMember(Body):
    """Somebody or something that returns; a description that says `@name` gets the looks in full."""

    name: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$", description="A letter, then letters, digits, `_` and `-`."
    )
    looks: str = Field(min_length=1, max_length=MOST_LOOKS_CHARS, description="What they look like, in full.")


def _members(value: Any) -> Any:
    """A list of members, for which an object of names and looks may stand."""
    if isinstance(value, dict) and "name" not in value:
        return [{"name": name, "looks": looks} for name, looks in value.items()]
    return [value] if isinstance(value, dict) else value


Cast = Annotated[
    tuple[CastMember, ...],
    Field(
        max_length=MOST_FIGURES,
        description="Ours: who returns in the pictures. It wins over what the planner settles and over earlier turns.",
    ),
    BeforeValidator(_members, json_schema_input_type=tuple[CastMember, ...] | dict[str, str]),
]
Style = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=MOST_STYLE_CHARS,
        description="Ours: the style of all pictures, in one line. It wins over what the planner settles.",
    ),
]


class ToldFigure(Object):
    """Somebody or something that returns in the pictures."""

    name: str = Field(description="As descriptions call it.")
    looks: str = Field(description="The same in every picture.")


def figures(cast: Sequence[CastMember | Figure], earlier: Sequence[Figure] = ()) -> tuple[Figure, ...]:
    """The client's own first, then those of earlier turns that it did not name; the first of a name counts."""
    found: dict[str, Figure] = {}
    for one in (*cast, *earlier):
        looks = " ".join(one.looks.split())
        found.setdefault(one.name.lower(), Figure(name=one.name, looks=looks or one.name))
    return tuple(found.values())[:MOST_FIGURES]


def told_cast(request: Request, document: Document) -> dict[str, Any]:
    """`cast` and `style` of an answer: what the planner settled with the client's own in it, or the client's own alone."""
    is_told = document.cast is not None
    cast = document.cast if document.cast is not None else request.cast
    style = document.style if is_told else request.style
    return {"cast": [{"name": one.name, "looks": one.looks} for one in cast], "style": style}
