"""The names of a pool's keys in Redis.

All of one pool carry the same hash tag, so that a script may touch any of them on a Redis Cluster. Image bytes are not a pool's: see
`blobs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from visualizer_service.wire import JobClass

JobStream = JobClass | Literal["returned"]

GROUP = "workers"
"""The consumer group of every job stream."""

CLASSES: tuple[JobClass, ...] = ("interactive", "batch")
STREAMS: tuple[JobStream, ...] = ("returned", "interactive", "batch")
"""A pool's job streams in the order in which they are read; `returned` holds what a leaving worker gave back."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of `pool`, whose name holds no braces."""

    pool: str

    def jobs(self, stream: JobStream) -> str:
        """A stream of jobs with the fields `job` and `tries`, the attempts that count against it so far."""
        return f"viz:{{{self.pool}}}:jobs:{stream}"

    def near(self, worker_id: str) -> str:
        """A stream of jobs that one worker is to have first, because it holds what they need."""
        return f"viz:{{{self.pool}}}:jobs:near:{worker_id}"

    @property
    def nears(self) -> str:
        """Set of the ids of the workers that have such a stream."""
        return f"viz:{{{self.pool}}}:jobs:near"

    @property
    def streams(self) -> list[str]:
        """The job streams that all workers share, in reading order."""
        return [self.jobs(stream) for stream in STREAMS]

    @property
    def of_tenants(self) -> str:
        """Hash: tenant, how many of its jobs wait in lines of its own."""
        return f"viz:{{{self.pool}}}:lines:waiting"

    @property
    def of_classes(self) -> str:
        """Hash: class, how many of its jobs wait in lines of tenants."""
        return f"viz:{{{self.pool}}}:lines:classes"

    @property
    def turns(self) -> str:
        """Sorted set: tenants that have a line, by the virtual time at which their next job starts."""
        return f"viz:{{{self.pool}}}:lines:turns"

    def line(self, tenant: str, job_class: JobClass) -> str:
        """A stream of one tenant's waiting jobs with the fields `job`, `cost`, `response` and `deadline`; gone when it is empty."""
        return f"viz:{{{self.pool}}}:line:{job_class}:{tenant}"

    @property
    def lines(self) -> list[str]:
        """The keys of all lines together, as `fair_scripts` takes them; the last two begin the key of each line and of each cancel mark."""
        names = ("turns", "clock", "served")
        shared = [f"viz:{{{self.pool}}}:lines:{name}" for name in names]
        return [*shared, self.of_tenants, self.of_classes, f"viz:{{{self.pool}}}:line:", self.cancel("")]

    def seen(self, job_id: str) -> str:
        """Mark of a job id that was queued once."""
        return f"viz:{{{self.pool}}}:seen:{job_id}"

    def replies(self, gateway_id: str) -> str:
        """Stream of the replies to one gateway process."""
        return f"viz:{{{self.pool}}}:replies:{gateway_id}"

    def cancel(self, response_id: str) -> str:
        """Mark of a cancelled response."""
        return f"viz:{{{self.pool}}}:cancel:{response_id}"

    def worker(self, worker_id: str) -> str:
        """A worker's heartbeat."""
        return f"viz:{{{self.pool}}}:worker:{worker_id}"

    def leave(self, worker_id: str) -> str:
        """Mark of a worker that is to finish what it holds and leave."""
        return f"viz:{{{self.pool}}}:worker:{worker_id}:leave"

    def report(self, worker_id: str) -> str:
        """Number of the last report of a worker that was written."""
        return f"viz:{{{self.pool}}}:worker:{worker_id}:report"

    @property
    def writable(self) -> str:
        """Since when Redis has taken writes, in ms; gone soon after it takes none."""
        return f"viz:{{{self.pool}}}:writable"

    @property
    def workers(self) -> str:
        """Set of the ids of workers that were alive."""
        return f"viz:{{{self.pool}}}:workers"

    @property
    def limits(self) -> str:
        """The limits advertised last."""
        return f"viz:{{{self.pool}}}:limits"

    @property
    def dead(self) -> str:
        """Stream of the jobs given up, with reason and attempts."""
        return f"viz:{{{self.pool}}}:dead"
