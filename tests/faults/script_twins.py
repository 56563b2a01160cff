"""The twins of the ledger's scripts, in Python; `test_model_redis` holds the two against each other on a real Redis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.store import ledger_scripts as scripts
from tests.faults.model_server import Data, Server


def _fenced(data: Data, key: str, me: bytes) -> bytes:
    there = data.hashes.get(key, {})
    if "deleted" in there:
        return b"gone"
    if "owner" in there and there["owner"] != me:
        return b"lost"
    return b"held" if "owner" in there else b"missing"


def _add(data: Data, names: list[str], first: int, state: bytes, events: list[bytes]) -> None:
    there, stream = data.hashes[names[0]], data.streams.setdefault(names[1], [])
    last = int(there["last"])
    for number, event in enumerate(events, start=first):
        if number > last:
            stream.append((f"{number}-0".encode(), {b"event": event}))
            last = number
    there.update(last=str(last).encode(), state=state)


def _append(server: Server, names: list[str], args: list[bytes]) -> list[bytes]:
    answers: list[bytes] = []
    for place in range(0, len(names), 2):
        count = int(args[0])
        answers.append(_append_one(server, names[place : place + 2], args[1 : 2 + count]))
        args = args[2 + count :]
    return answers


def _append_one(server: Server, names: list[str], args: list[bytes]) -> bytes:
    first, _, state, owner = args[0].split(b" ", 3)
    events = args[1:]
    is_ = _fenced(server.data, names[0], owner)
    if is_ != b"held":
        return b"behind" if is_ == b"missing" else is_
    if int(first) > int(server.data.hashes[names[0]]["last"]) + 1:
        return b"behind"
    if events:
        _add(server.data, names, int(first), state, events)
        server.changed(names[1])
    return b"written"


def _rewrite(server: Server, names: list[str], args: list[bytes]) -> bytes:
    owner, state, _, takeovers, replies_to, tenant, request, *rest = args
    # What stands on the lists of tenants is not modelled.
    _, _, _, *events = rest
    is_ = _fenced(server.data, names[0], owner)
    if is_ == b"lost" and int(server.data.hashes[names[0]].get("takeovers", b"0")) < int(takeovers):
        is_ = b"held"
    if is_ not in (b"held", b"missing"):
        return is_
    fields = {
        "owner": owner,
        "takeovers": takeovers,
        "replies_to": replies_to,
        "tenant": tenant,
        "request": request,
    }
    server.data.hashes.setdefault(names[0], {}).update(fields, last=b"0")
    server.data.streams.pop(names[1], None)
    _add(server.data, names, 1, state, events)
    server.changed(names[1])
    return b"written"


def _keep(server: Server, names: list[str], args: list[bytes]) -> int:
    """How long things are kept is not modelled."""
    return int("request" in server.data.hashes.get(names[0], {}))


def _take_over(server: Server, names: list[str], args: list[bytes]) -> int:
    there = server.data.hashes.get(names[0], {})
    if there.get("state") != b"in_progress":
        return 0
    if there["owner"] == args[1] != args[0]:
        return int(there["takeovers"])
    if there["owner"] != args[0]:
        return 0
    there["owner"] = args[1]
    there["takeovers"] = str(int(there["takeovers"]) + 1).encode()
    return int(there["takeovers"])


def _cancel(server: Server, names: list[str], args: list[bytes]) -> bytes | None:
    there = server.data.hashes.get(names[0], {})
    if "owner" in there:
        there["cancelled"] = b"1"
    return there.get("owner")


def _delete(server: Server, names: list[str], args: list[bytes]) -> int:
    was = "request" in server.data.hashes.get(names[0], {})
    server.data.hashes[names[0]] = {"deleted": b"1"}
    server.data.streams.pop(names[1], None)
    server.data.strings.pop(names[2], None)
    return int(was)


def _renew(server: Server, names: list[str], args: list[bytes]) -> bytes:
    until = server.now() * 1000 + int(args[1])
    for member in args[2:]:
        server.data.sets.setdefault(names[0], {})[member.decode()] = until
    if args[0]:
        server.data.sets.setdefault(names[1], {})[args[0].decode()] = until
    return b"written"


def _ended(server: Server, names: list[str], args: list[bytes]) -> list[bytes]:
    members = server.data.sets.get(names[0], {}).items()
    ended = sorted((until, name) for name, until in members if until <= server.now() * 1000)
    return [name.encode() for _, name in ended[int(args[0]) :][: int(args[1])]]


TWINS: dict[str, Callable[[Server, list[str], list[bytes]], Any]] = {
    scripts.APPEND: _append,
    scripts.REWRITE: _rewrite,
    scripts.KEEP: _keep,
    scripts.TAKE_OVER: _take_over,
    scripts.CANCEL: _cancel,
    scripts.DELETE: _delete,
    scripts.RENEW: _renew,
    scripts.ENDED: _ended,
}
