"""A gateway's patience for tests: every wait short, none so short that a busy machine would trip over it."""

from gateway.timeouts import Timeouts

QUICK = Timeouts(plan_start_s=5, response_s=30, reader_grace_s=1, store_s=10, owner_lost_s=2, beat_s=0.1)
