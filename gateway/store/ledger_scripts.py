"""The ledger's writes: scripts that add events only as long as the response is what its writer takes it for."""

from __future__ import annotations

from typing import Final

_ADD: Final = """
local function add(first, state, ttl_ms, from)
  local last = tonumber(redis.call('HGET', KEYS[1], 'last'))
  for i = from, #ARGV do
    local number = first + i - from
    if number > last then
      redis.call('XADD', KEYS[2], number .. '-0', 'event', ARGV[i])
      last = number
    end
  end
  redis.call('HSET', KEYS[1], 'last', last, 'state', state)
  redis.call('PEXPIRE', KEYS[1], ttl_ms)
  redis.call('PEXPIRE', KEYS[2], ttl_ms)
end
"""

APPEND: Final = (
    _ADD
    + """
-- KEYS: response, events. ARGV: owner, number of the first event, state, ttl in ms, then events. The same events twice are added once.
local owner = redis.call('HGET', KEYS[1], 'owner')
if not owner then return 'gone' end
if owner ~= ARGV[1] then return 'lost' end
add(tonumber(ARGV[2]), ARGV[3], ARGV[4], 5)
return 'written'
"""
)

END_ORPHAN: Final = (
    _ADD
    + """
-- KEYS: response, events. ARGV: the owner that is gone, number of the last event read, state, ttl in ms, then events.
-- Nothing happens unless the response still is as its reader saw it.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[1], 'last') ~= ARGV[2] then return 0 end
if redis.call('HGET', KEYS[1], 'state') ~= 'in_progress' then return 0 end
add(tonumber(ARGV[2]) + 1, ARGV[3], ARGV[4], 5)
redis.call('HSET', KEYS[1], 'owner', '')
return 1
"""
)
