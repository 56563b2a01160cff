"""What becomes of fields that a client sends and nobody here acts on: one rule, for every dialect.

    null, or empty where the field has a default     as if it had been left out
    a value that asks for nothing: `auto`, 0, false  taken, and nothing is said of it
    a field that is `Unused`, or unknown             ignored; the answer's `warnings` say so
    a field that is `Unsupported`                    refused, for whoever sends it relies on it
    an unknown field, spelled nearly as one of ours  refused, with the right name

The operator's GATEWAY_UNKNOWN_FIELDS=refuse has unknown fields refused by name as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function

from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Warned

UnknownFields = Literal["ignore", "refuse"]

UNSUPPORTED = "unsupported"
# What vendors call having it their way.
ASKS_FOR_NOTHING: Final = ("", "auto", "default", "none", "disabled", "off")
# Fields of our own, wherever a dialect has them.
OURS: Final = frozenset(
    [
        "mode",
        "least_images",
        "most_images",
        "references",
        "reference_policy",
        "delivery",
        "adapter",
        "planner",
        "seed",
        "size",
        "description",
        "cast",
        "feedback",
        "most_redraws",
        "style",
    ]
)
# Near one of ours and another vendor's all the same.
THEIRS: Final = frozenset({"model"})
# Likeness of two names, 1 being the same, from which one is taken for the other misspelt.
NEAR: Final = 0.85
# Enough to see what is wrong, and a bound on what an answer carries.
MOST_WARNINGS: Final = 16
MOST_NAME_CHARS: Final = 80
MOST_PATH_CHARS: Final = 160
# Of one object; more than twice what any has. Each costs work of its own.
MOST_FIELDS: Final = 200


def asks_for_nothing(value: Any, neutral: tuple[Any, ...] = ()) -> bool:
    """Whether a value, with all that it holds, asks for nothing; `neutral` are more values that do not."""
    match value:
        case Mapping():
            return all(asks_for_nothing(one, neutral) for one in value.values())
        case list() | tuple():
            return all(asks_for_nothing(one, neutral) for one in value)
    return not value or value in ASKS_FOR_NOTHING or value in neutral


@dataclass(frozen=True, slots=True)
class Unused:
    """Of a field that is taken and ignored; `why` goes on from "is ignored: ". `neutral` are values that need no warning."""

    why: str = "there is nothing like it here"
    neutral: tuple[Any, ...] = ()

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say why."""
        return handler(schema) | {"description": f"Ignored: {self.why}."}


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Of a field that is refused, typed `None`; `why` goes on from "is not supported here: ". `neutral` as in `Unused`."""

    why: str = "there is nothing like it"
    neutral: tuple[Any, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse what asks for something."""
        return no_info_before_validator_function(self._refused, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say why."""
        return handler(schema) | {"description": f"Not supported: {self.why}."}

    def _refused(self, value: Any) -> None:
        if not asks_for_nothing(value, self.neutral):
            raise PydanticCustomError(UNSUPPORTED, "is not supported here: {why}", {"why": self.why})


class Body(BaseModel):
    """A JSON object of a request: immutable, forgiving as this module says. What it does not know is kept to be told of."""

    # A bound on length, even one that nothing exceeds, has pydantic read strings as UTF-8. JSON may hold halves of surrogate pairs,
    # which cannot be stored or sent on; so they are refused, with the field's name.
    model_config = ConfigDict(frozen=True, extra="allow", str_min_length=0)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, value: Any) -> Any:
        """Leave out what is null, and what is empty unless it must be there."""
        if not isinstance(value, dict):
            return value
        if len(value) > MOST_FIELDS:
            raise PydanticCustomError(
                "too_many_fields",
                "An object holds {count} fields; at most {most} are taken",
                {"count": len(value), "most": MOST_FIELDS},
            )
        names, required = _names(cls)
        told = {name: _without_nulls(one) for name, one in value.items() if one is not None}
        return {
            name: one
            for name, one in told.items()
            if name in required or name not in names or one not in ("", [], {})
        }


@cache
def _names(form: type[BaseModel]) -> tuple[frozenset[str], frozenset[str]]:
    """What the fields of a form may be called, and the names of those that must be there; a chat has a form for each of its parts."""
    names = {told: one for name, one in form.model_fields.items() for told in (name, one.alias or name)}
    return frozenset(names), frozenset(told for told, one in names.items() if one.is_required())


def _without_nulls(value: Any) -> Any:
    has_nulls = isinstance(value, list) and None in value
    return [one for one in value if one is not None] if has_nulls else value


class LeftOut(Body):
    """Part of an earlier turn that says nothing to planner or visualizer: left out, and told of."""

    model_config = ConfigDict(extra="ignore")

    why: ClassVar[str] = "is left out: the planner reads texts and pictures"


def warnings_of(body: Body, unknown_fields: UnknownFields) -> tuple[Warned, ...]:
    """What of a request is ignored, each kind once, the first of its kind named.

    Raises:
        InvalidRequest: an unknown field is nearly one of ours, or the operator has all of them refused.
    """
    found: dict[str, Warned] = {}
    for path, why, unknown in _unused(body, ""):
        if unknown:
            _check_unknown(unknown, path, unknown_fields)
            if asks_for_nothing(unknown.value):
                continue
        kind = "".join(character for character in path if not character.isdigit())
        found.setdefault(kind, Warned(path, f"`{path}` {why}."))
    told = list(found.values())
    if len(told) > MOST_WARNINGS:
        rest = len(told) - MOST_WARNINGS + 1
        told[MOST_WARNINGS - 1 :] = [Warned("", f"{rest} more fields are ignored.")]
    return tuple(told)


@dataclass(frozen=True, slots=True)
class _Unknown:
    form: type[Body]
    name: str
    value: Any


_Found = tuple[str, str, _Unknown | None]


def _unused(value: Any, path: str) -> Iterator[_Found]:
    """Where something is ignored and why; with the field itself where it is unknown."""
    match value:
        case LeftOut():
            yield path, value.why, None
        case Body():
            yield from _unused_fields(value, path)
        case tuple():
            for place, one in enumerate(value):
                yield from _unused(one, f"{path}[{place}]")


def _unused_fields(body: Body, path: str) -> Iterator[_Found]:
    form, sent = type(body), body.model_fields_set
    for name, field in form.model_fields.items():
        if name not in sent:
            continue
        value = getattr(body, name)
        there = _joined(path, field.alias or name)
        marker = next((one for one in field.metadata if isinstance(one, Unused)), None)
        if marker is None:
            yield from _unused(value, there)
        elif not asks_for_nothing(value, marker.neutral):
            yield there, f"is ignored: {marker.why}", None
    for name, value in (body.model_extra or {}).items():
        yield _joined(path, name), "is ignored: it is not known here", _Unknown(form, name, value)


def _joined(path: str, name: str) -> str:
    # A client's own name may hold anything; in a header it may not.
    told = json.dumps(name[:MOST_NAME_CHARS])[1:-1]
    return (f"{path}.{told}" if path else told)[:MOST_PATH_CHARS]


def _check_unknown(unknown: _Unknown, path: str, unknown_fields: UnknownFields) -> None:
    if right := _meant(unknown.name, unknown.form):
        raise InvalidRequest(
            f"Unknown field `{path}`; did you mean `{right}`?", code="unknown_parameter", param=path
        )
    if unknown_fields == "refuse":
        raise InvalidRequest(f"Unknown field `{path}`.", code="unknown_parameter", param=path)


def _meant(name: str, form: type[Body]) -> str | None:
    """The field of ours that a name is nearly the same as."""
    if name in THEIRS or len(name) > MOST_NAME_CHARS:
        return None
    likeness = {ours: _likeness(_plain(name), _plain(ours)) for ours in OURS & form.model_fields.keys()}
    best = max(likeness, key=lambda ours: likeness[ours], default=None)
    return best if best and likeness[best] >= NEAR else None


def _plain(name: str) -> str:
    """A name as far as people remember it."""
    letters = "".join(character for character in name.lower() if character.isalnum())
    return letters.replace("max", "most").replace("min", "least")


def _likeness(one: str, other: str) -> float:
    # Letters that only changed their places are as near as can be.
    if sorted(one) == sorted(other) and one[:1] == other[:1]:
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
