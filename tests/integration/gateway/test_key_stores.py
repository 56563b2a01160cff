"""What stores of API keys keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.limits import UNLIMITED
from gateway.tenants import keys
from gateway.tenants.key_file import KeyFile
from gateway.tenants.key_redis import RedisKeys
from gateway.tenants.keys import KeyStore

pytestmark = pytest.mark.integration


@pytest.fixture(params=["file", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    return (
        KeyFile(tmp_path / "keys.json")
        if request.param == "file"
        else RedisKeys(request.getfixturevalue("redis"))
    )


async def test_of_revoked_keys_the_last_stay_and_every_good_one(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MOST_REVOKED", 2)
    made = [(await keys.make(store, "acme", f"shop {number}", UNLIMITED))[0] for number in range(5)]
    for key in reversed(made[1:]):
        before = await store.version()
        await keys.revoke(store, key.id)
        assert await store.version() != before

    left = {key.name: key.revoked_at is not None for key in await store.read()}

    assert left == {"shop 0": False, "shop 1": True, "shop 2": True}


async def test_a_key_revoked_twice_counts_once(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_REVOKED", 1)
    key, _ = await keys.make(store, "acme", "shop", UNLIMITED)
    first = await keys.revoke(store, key.id)
    assert await keys.revoke(store, key.id) == first
    assert list(await store.read()) == [first]
