"""What a gateway keeps of earlier answers, enough to choose one by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from weaver.client.answer import Status


@dataclass(frozen=True, slots=True)
class ListedAnswer:
    """An answer in the list: `title` is the beginning of what was asked, `pictures` how many are drawn, `created_at` Unix time in seconds."""

    id: str
    created_at: int
    status: Status
    title: str
    pictures: int


def listed_answer(entry: Mapping[str, Any]) -> ListedAnswer:
    """Read an entry of `GET /v1/responses`.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    return ListedAnswer(
        id=str(entry["id"]),
        created_at=int(entry["created_at"]),
        status=cast(Status, entry["status"]),
        title=str(entry["title"]),
        pictures=int(entry["pictures"]),
    )
