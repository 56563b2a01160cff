"""The operator's routes: API keys, made, listed, rotated and revoked while gateways run. They ask for the operator's own key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from gateway.answer.errors import GatewayError
from gateway.dialects.common.schemas import Object
from gateway.http.container import Container, ContainerDep, operator
from gateway.limits import TenantLimits
from gateway.tenants import keys
from gateway.tenants.keys import MOST_OVERLAP_S, ApiKey, KeyName, KeyStore, TenantName

router = APIRouter(prefix="/v1/admin/keys", tags=["admin"], dependencies=[Depends(operator)])


class NewKey(Object):
    """A key to make."""

    tenant: TenantName = Field(description="Whose it is; a tenant is there as soon as it has a key.")
    name: KeyName = Field(description="What it is for, in your words.")
    limits: TenantLimits = Field(default=TenantLimits(), description="Where unset, those of all tenants.")


class KeyInfo(Object):
    """A key, without the word by which it is known."""

    object: Literal["api_key"] = Field(default="api_key", description="What this is.")
    id: str = Field(description="Names it in this API, in usage and in logs.")
    name: str = Field(description="What it is for.")
    tenant: str = Field(description="Whose it is.")
    limits: TenantLimits = Field(description="Its own; null is what all tenants have.")
    made_at: float = Field(description="Unix time in seconds.")
    rotated_at: float | None = Field(description="Likewise; null if it never was.")
    revoked_at: float | None = Field(description="Likewise; a revoked key opens nothing.")
    old_until: float | None = Field(description="Until when the word before its last rotation is good.")


class KeyTold(KeyInfo):
    """A key with its word, which is told this once."""

    key: str = Field(description="The word. It is kept nowhere.")


class KeyList(Object):
    """All keys."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[KeyInfo, ...] = Field(description="By when they were made, revoked ones included.")


KeyId = Annotated[str, Path(max_length=200, description="The key's `id`.")]


@router.post("")
async def make_key(sent: NewKey, container: ContainerDep) -> KeyTold:
    """Make a key. It is good at once here, and within a second or two at other gateways."""
    key, word = await keys.make(_store(container), sent.tenant, sent.name, sent.limits)
    await container.keys.look()
    return KeyTold(**_told(key), key=word)


@router.get("")
async def list_keys(container: ContainerDep) -> KeyList:
    """All keys that were made, without their words."""
    found = await _store(container).read()
    return KeyList(data=tuple(KeyInfo(**_told(key)) for key in found))


@router.post("/{key_id}/rotate")
async def rotate_key(
    key_id: KeyId,
    container: ContainerDep,
    overlap_s: Annotated[
        float, Query(ge=0, le=MOST_OVERLAP_S, description="How long the old word stays good.")
    ] = 0,
) -> KeyTold:
    """Give a key another word."""
    key, word = await keys.rotate(_store(container), key_id, overlap_s)
    await container.keys.look()
    return KeyTold(**_told(key), key=word)


@router.delete("/{key_id}")
async def revoke_key(key_id: KeyId, container: ContainerDep) -> KeyInfo:
    """Revoke a key: it opens nothing from now on, at other gateways from a second later on."""
    key = await keys.revoke(_store(container), key_id)
    await container.keys.look()
    return KeyInfo(**_told(key))


def _store(container: Container) -> KeyStore:
    if container.key_store is None:
        raise GatewayError("There is no store of keys.")
    return container.key_store


def _told(key: ApiKey) -> dict[str, Any]:
    return key.model_dump(exclude={"digest", "old_digest"})
