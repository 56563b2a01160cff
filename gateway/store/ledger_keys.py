"""Where the ledger lies in Redis. Keys of one response share a hash tag.

resp:{ID}          hash: owner, replies_to, tenant, state, last (number of the last event), takeovers, request, cancelled,
                   kept_until (ms, where it is kept for longer than others)                   TTL
resp:{ID}:events   stream: event N has the id N-0                                          TTL
resp:{ID}:read     somebody reads this response                                            TTL of seconds
responses:{TENANT} sorted set: stored responses of a tenant, by when they were begun     TTL
gateways:leases    sorted set: `ID OWNER`, by when the owner's lease on that response ends (ms)
gateways:alive     sorted set: gateway process, by when it is believed gone (ms)
gateway:{ID}:orders   stream: responses that this process is to cancel                     TTL
reader:{ID}:interruptions   stream: the reader of a process is to look at what it reads anew   TTL
"""

from __future__ import annotations

from typing import Final

LEASES: Final = "gateways:leases"
ALIVE: Final = "gateways:alive"


def response(id: str) -> str:
    """What was asked, and how it stands."""
    return f"resp:{{{id}}}"


def events(id: str) -> str:
    """What happened."""
    return f"resp:{{{id}}}:events"


def read(id: str) -> str:
    """Whether somebody reads."""
    return f"resp:{{{id}}}:read"


def of_tenant(tenant: str) -> str:
    """The stored responses of a tenant, by Unix time in milliseconds."""
    return f"responses:{{{tenant}}}"


def of_events(id: str) -> list[str]:
    """The keys of the scripts that add events, in their order."""
    return [response(id), events(id)]


def lease(id: str, owner: str) -> str:
    """What stands in the sorted set of leases: one process's own hold on one response."""
    return f"{id} {owner}"


def orders(gateway_id: str) -> str:
    """What a process is told to cancel."""
    return f"gateway:{{{gateway_id}}}:orders"


def interruptions(reader: str) -> str:
    """What ends the waiting of a process's reader."""
    return f"reader:{{{reader}}}:interruptions"
