"""Items of earlier answers, found by the ids that answers give them."""

from __future__ import annotations

import re

from gateway.answer.checks import check_at_most
from gateway.answer.document import Document, Item, Picture, Text
from gateway.answer.errors import NotFound
from gateway.dialects.responses.items import KINDS
from gateway.store.history import History

# As `item_id` in `gateway/dialects/responses/items.py` writes them.
ITEM_ID = re.compile(r"(?P<kind>msg|rs|ig)_(?P<response>[0-9a-f]{1,64})_(?P<item>[0-9]{1,4})")


class KeptItems:
    """The kept items of one tenant, for one request: each answer is read once.

    A short id may name a long text, any number of times, so what is named is measured: together with the `chars` that were sent it may
    not have more than `most_chars`.
    """

    def __init__(self, tenant: str, history: History, chars: int, most_chars: int) -> None:
        self._tenant, self._history = tenant, history
        self._chars, self._most_chars = chars, most_chars
        self._read: dict[str, Document] = {}

    async def item(self, item_id: str, param: str) -> Item:
        """The item with this id.

        Raises:
            NotFound: no such item, or no longer, or another tenant's; `param` is the field that names it.
            InvalidRequest: it has more characters than there is room for.
        """
        named = ITEM_ID.fullmatch(item_id)
        document = None if named is None else await self._document(f"resp_{named['response']}", param)
        place = -1 if named is None else int(named["item"])
        if document is None or named is None or place >= len(document.items):
            raise self._unknown(item_id, param)
        item = document.items[place]
        if named["kind"] != KINDS[type(item)]:
            raise self._unknown(item_id, param)
        self._chars += len(_read_as(item))
        check_at_most(self._chars, self._most_chars, "characters, with the items that it names,", "input")
        return item

    async def _document(self, response_id: str, param: str) -> Document | None:
        if response_id not in self._read:
            try:
                await self._history.kept(self._tenant, response_id, param)
            except NotFound:
                return None
            self._read[response_id] = await self._history.document(response_id)
        return self._read[response_id]

    def _unknown(self, item_id: str, param: str) -> NotFound:
        return NotFound(
            f"There is no item {item_id[:80]} here; send it back whole.", code="item_not_found", param=param
        )


def _read_as(item: Item) -> str:
    match item:
        case Text(text=text):
            return text
        case Picture(description=str(description)):
            return description
    return ""
