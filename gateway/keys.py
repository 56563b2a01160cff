"""`python -m gateway.keys`: API keys for whoever can reach their store, gateways running or not; it reads the gateway's own settings.

`weaver keys` does the same over HTTP, for whoever has the operator's key.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from gateway.answer.errors import STORE_ERRORS, GatewayError
from gateway.assembly import key_store
from gateway.limits import TenantLimits
from gateway.settings import Settings
from gateway.tenants import keys
from gateway.tenants.keys import ApiKey, KeyStore
from telemetry import logs
from visualizer_service.queue.connection import connect

PATIENCE_S = 5.0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m gateway.keys", description="API keys of the gateways.")
    commands = top.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="make a key; its word is told once, on stdout")
    make.add_argument("tenant")
    make.add_argument("name", help="what it is for")
    for limit, field in TenantLimits.model_fields.items():
        flag = f"--{limit.replace('_', '-')}"
        make.add_argument(flag, type=int, metavar="N", default=field.default)
    commands.add_parser("list", help="list all keys, without their words")
    rotate = commands.add_parser("rotate", help="give a key another word")
    rotate.add_argument("id")
    rotate.add_argument("--overlap-s", type=float, default=0.0, help="how long the old word stays good")
    commands.add_parser("revoke", help="make a key good for nothing").add_argument("id")
    return top


async def run(arguments: argparse.Namespace, store: KeyStore) -> None:
    """Do what was asked. Raises as stores of keys do, and NotFound."""
    match arguments.command:
        case "make":
            limits = TenantLimits(**{name: getattr(arguments, name) for name in TenantLimits.model_fields})
            key, word = await keys.make(store, arguments.tenant, arguments.name, limits)
            _tell(key, word)
        case "rotate":
            key, word = await keys.rotate(store, arguments.id, arguments.overlap_s)
            _tell(key, word)
        case "revoke":
            sys.stdout.write(_line(await keys.revoke(store, arguments.id)))
        case _:
            for key in await store.read():
                sys.stdout.write(_line(key))


def _tell(key: ApiKey, word: str) -> None:
    """The word alone on stdout, for scripts."""
    sys.stdout.write(f"{word}\n")
    sys.stderr.write(f"Keep the word, it is told this once: {_line(key)}")


def _line(key: ApiKey) -> str:
    limits = key.limits.model_dump(exclude_none=True)
    told = "".join(f" {name}={limit}" for name, limit in limits.items())
    return f"{key.id} {key.tenant} {key.name!r}{told}{' revoked' * (key.revoked_at is not None)}\n"


async def _main(arguments: argparse.Namespace, settings: Settings) -> None:
    async with connect(settings.redis_url, PATIENCE_S) as redis:
        store = key_store(settings, redis)
        if store is None:
            sys.exit("Set GATEWAY_KEY_STORE, to `redis` or to the path of a file, here and for the gateways.")
        await run(arguments, store)


def main(given: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = parser().parse_args(given)
    settings = Settings()
    logs.configure("WARNING", settings.log_format, "keys")
    try:
        asyncio.run(_main(arguments, settings))
    except (GatewayError, ValueError) as error:
        sys.exit(str(error))
    except STORE_ERRORS as error:
        sys.exit(f"The store of keys cannot be used: {error}")


if __name__ == "__main__":
    main()
