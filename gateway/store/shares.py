"""Shares: stories that whoever has the link may read, for as long as their owner says.

A share is a random name for the last answer of a story; those that it goes on from belong to it, and of each picture the version that
its owner chose. Nothing else can be read by it. What is shared for longer than answers are kept is kept for as long.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis

from gateway.answer.document import Picture
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.answer.request import Request
from gateway.store.file_ids import DrawnFile
from gateway.store.history import History
from gateway.store.ledger_keys import response

MOST_TURNS: Final = 200
"""Answers that one share shows, the latest; each is a look into Redis."""
MOST_VERSIONS: Final = 200
"""Pictures of one share that are shown in another version than the answer's own; likewise."""

Chosen = Mapping[str, Mapping[str, str]]
"""By answer and picture (`img1`), the file of the version that is shown in its place."""


class Version(BaseModel):
    """A picture that is shown in the place of an answer's own."""

    model_config = ConfigDict(frozen=True)

    file_id: str = Field(description="The picture.")
    width: int | None = Field(description="In pixels.")
    height: int | None = Field(description="In pixels.")
    seed: int | None = Field(description="From which it was drawn.")


class Share(BaseModel):
    """A story that may be read. `ids` are its answers, the first one first; `expires_at` is Unix time in seconds."""

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str
    ids: tuple[str, ...]
    expires_at: int
    versions: dict[str, dict[str, Version]] = {}

    def shows(self, drawn: DrawnFile) -> bool:
        """Whether a picture belongs to it."""
        chosen = (version.file_id for of in self.versions.values() for version in of.values())
        return drawn.response_id in self.ids or drawn.id in chosen


class Shares:
    """The shares of all tenants. Answers are kept for `keep_s` seconds, shared ones for `most_s` at most."""

    def __init__(self, redis: Redis, history: History, keep_s: float, most_s: float) -> None:
        self._redis, self._history, self._keep_s, self._most_s = redis, history, keep_s, most_s

    async def make(
        self, tenant: str, response_id: str, lasts_s: float | None, chosen: Chosen | None = None
    ) -> Share:
        """Share a story up to this answer; the same answer again is the same share, its time and its versions anew.

        Args:
            tenant: whose it is.
            response_id: its last answer.
            lasts_s: how long it may be read; None: as long as all of its answers are kept anyway.
            chosen: versions of pictures that are shown in the place of the answers' own.

        Raises:
            NotFound: no such answer or version, or no longer, or another tenant's.
            InvalidRequest: that is too long, or the answer is still being made and could not be kept for so long.
        """
        chain = await self._chain(tenant, response_id)
        versions = {
            id: {name: await self._version(tenant, file_id) for name, file_id in of.items()}
            for id, of in _checked(chosen or {}, chain).items()
        }
        left_s = await self._left_s([*chain, *await self._drawn_for(tenant, chain, versions)])
        if lasts_s is None:
            lasts_s = max(1.0, min(left_s.values()))
        else:
            await self._keep(chain[-1], [id for id, left in left_s.items() if left < lasts_s], lasts_s)
        known: Any = await self._redis.get(_made(response_id))
        share = Share(
            id=secrets.token_urlsafe(16) if known is None else known.decode(),
            tenant=tenant,
            ids=tuple(request.id for request in chain),
            expires_at=int(time.time() + lasts_s),
            versions=versions,
        )
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.set(_key(share.id), share.model_dump_json(), px=round(1000 * lasts_s))
            pipeline.set(_made(response_id), share.id, px=round(1000 * lasts_s))
            await pipeline.execute()
        return share

    async def end(self, tenant: str, response_id: str) -> None:
        """Let nobody read it any more. Raises NotFound as `make` does."""
        await self._history.kept(tenant, response_id, "response_id")
        known: Any = await self._redis.get(_made(response_id))
        if known is not None:
            await self._redis.delete(_key(known.decode()), _made(response_id))

    async def find(self, share_id: str) -> Share:
        """A share that may be read.

        Raises:
            NotFound: there is none, or its time is up.
        """
        stored = await self._redis.get(_key(share_id))
        if stored is None:
            raise NotFound("This story is not shared, or no longer.", code="share_not_found", param="share")
        return Share.model_validate_json(stored)

    async def _chain(self, tenant: str, response_id: str) -> list[Request]:
        """The answers of a story, the first one first; those that are no longer kept are left out."""
        chain = [await self._history.kept(tenant, response_id, "response_id")]
        while (before := chain[0].previous_response_id) and len(chain) < MOST_TURNS:
            try:
                chain.insert(0, await self._history.request(tenant, before))
            except NotFound:
                break
        return chain

    async def _drawn_for(
        self, tenant: str, chain: list[Request], versions: dict[str, dict[str, Version]]
    ) -> list[Request]:
        """The answers beside the story's that the versions were drawn for."""
        drawn = [DrawnFile.parse(version.file_id) for of in versions.values() for version in of.values()]
        ids = dict.fromkeys(file.response_id for file in drawn if file is not None)
        known = {request.id for request in chain}
        return [await self._history.request(tenant, id, "versions") for id in ids if id not in known]

    async def _left_s(self, requests: list[Request]) -> dict[str, float]:
        """By answer, how long it is kept anyway, with all of its pictures."""
        now = time.time()
        left_s = {request.id: request.created_at + self._keep_s - now for request in requests}
        # What is there beyond its time was shared before, and is kept for that.
        for id in [id for id, left in left_s.items() if left <= 0]:
            left_s[id] = await self._redis.pttl(response(id)) / 1000
        return left_s

    async def _keep(self, last: Request, ids: list[str], lasts_s: float) -> None:
        """Keep these of a story's answers, with their pictures, for so long."""
        if not ids:
            return
        if lasts_s > self._most_s:
            why = f"`expires_in_s` is {lasts_s:g}; stories are shared for {self._most_s:g} s at most."
            raise InvalidRequest(why, param="expires_in_s")
        if last.id in ids and (await self._history.document(last.id)).state == "in_progress":
            why = "`expires_in_s` is longer than answers are kept; it can be when this one is no longer being made."
            raise InvalidRequest(why, param="expires_in_s")
        for id in ids:
            await self._history.keep(id, lasts_s)

    async def _version(self, tenant: str, file_id: str) -> Version:
        drawn = DrawnFile.parse(file_id)
        picture = None if drawn is None else await self._picture(tenant, drawn)
        if picture is None or picture.blob is None:
            why = f"There is no picture {file_id[:80]}."
            raise NotFound(why, code="file_not_found", param="versions")
        return Version(file_id=file_id, width=picture.width_px, height=picture.height_px, seed=picture.seed)

    async def _picture(self, tenant: str, drawn: DrawnFile) -> Picture | None:
        await self._history.request(tenant, drawn.response_id, "versions")
        document = await self._history.document(drawn.response_id)
        return next((picture for picture in document.pictures if picture.item == drawn.item), None)


def _checked(chosen: Chosen, chain: list[Request]) -> Chosen:
    """The versions, of this story's answers only and not too many. Raises InvalidRequest."""
    count = sum(map(len, chosen.values()))
    if count > MOST_VERSIONS:
        raise InvalidRequest(f"`versions` holds {count}, more than {MOST_VERSIONS}.", param="versions")
    ids = {request.id for request in chain}
    if other := next((id for id in chosen if id not in ids), None):
        raise InvalidRequest(f"`versions` names {other[:80]}, no answer of this story.", param="versions")
    return chosen


def _key(share_id: str) -> str:
    """The share of this name; it has a TTL."""
    return f"share:{share_id}"


def _made(response_id: str) -> str:
    """The name of the share that ends with this answer; it has a TTL."""
    return f"share-of:{response_id}"
