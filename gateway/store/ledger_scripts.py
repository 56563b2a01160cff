"""The ledger's writes: scripts that do something only as long as the response is what its writer takes it for.

A response that was deleted leaves a mark, so that its owner can tell that from a Redis that has forgotten it.
"""

from __future__ import annotations

from typing import Final

_FENCE: Final = """
local function fenced(response, me)
  local is, owner = unpack(redis.call('HMGET', response, 'deleted', 'owner'))
  if is then return 'gone' end
  if owner and owner ~= me then return 'lost' end
  return owner and 'held' or 'missing'
end
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function add(response, events, first, state, ttl_ms, from, till)
  local last, kept_until = unpack(redis.call('HMGET', response, 'last', 'kept_until'))
  last = tonumber(last)
  for i = from, till do
    local number = first + i - from
    if number > last then
      redis.call('XADD', events, number .. '-0', 'event', ARGV[i])
      last = number
    end
  end
  redis.call('HSET', response, 'last', last, 'state', state)
  if kept_until then ttl_ms = string.format('%.0f', math.max(tonumber(ttl_ms), kept_until - now_ms())) end
  redis.call('PEXPIRE', response, ttl_ms)
  redis.call('PEXPIRE', events, ttl_ms)
end
"""

APPEND: Final = (
    _FENCE
    + """
-- Writes of many responses. KEYS: of each, response and events. ARGV: of each, how many events, then "number of the first event, ttl in ms, state,
-- owner" in one, for each argument costs its sender, then the events. Answers each. The same events twice are added once; events that would
-- leave a gap are not added.
local function append(response, events, at)
  local count = tonumber(ARGV[at])
  local first, ttl_ms, state, owner = string.match(ARGV[at + 1], '^(%d+) (%d+) ([%a_]+) (.*)$')
  first = tonumber(first)
  local is = fenced(response, owner)
  if is == 'missing' then return 'behind' elseif is ~= 'held' then return is end
  if first > tonumber(redis.call('HGET', response, 'last')) + 1 then return 'behind' end
  if count > 0 then add(response, events, first, state, ttl_ms, at + 2, at + 1 + count) end
  return 'written'
end
-- What is alone may fail as any command does; among others it fails for itself.
if #KEYS == 2 then return {append(KEYS[1], KEYS[2], 1)} end
local answers, at = {}, 1
for one = 1, #KEYS, 2 do
  local is_answer, answer = pcall(append, KEYS[one], KEYS[one + 1], at)
  if not is_answer and type(answer) == 'string' then answer = {err = answer} end
  answers[#answers + 1] = answer
  at = at + 2 + ARGV[at]
end
return answers
"""
)

REWRITE: Final = (
    _FENCE
    + """
-- KEYS: response, events, and the list that it is on, if it is on one. ARGV: owner, state, ttl in ms, takeovers, replies_to, tenant, request,
-- its id, when it was begun, in ms since 1970, ttl of the list in ms, then all events from the first one.
-- An owner from before this one is there only because Redis has forgotten that it was taken over.
local is = fenced(KEYS[1], ARGV[1])
if is == 'lost' and tonumber(redis.call('HGET', KEYS[1], 'takeovers') or 0) < tonumber(ARGV[4]) then is = 'held' end
if is ~= 'held' and is ~= 'missing' then return is end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'takeovers', ARGV[4], 'replies_to', ARGV[5],
  'tenant', ARGV[6], 'request', ARGV[7], 'last', 0)
redis.call('DEL', KEYS[2])
add(KEYS[1], KEYS[2], 1, ARGV[2], ARGV[3], 11, #ARGV)
if KEYS[3] then
  redis.call('ZADD', KEYS[3], ARGV[9], ARGV[8])
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[9] - ARGV[10])
  redis.call('PEXPIRE', KEYS[3], ARGV[10])
end
return 'written'
"""
)

KEEP: Final = """
-- KEYS: response, events. ARGV: ms for which it is kept from now on, at least.
if redis.call('HEXISTS', KEYS[1], 'request') == 0 then return 0 end
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
if till > tonumber(redis.call('HGET', KEYS[1], 'kept_until') or '0') then
  redis.call('HSET', KEYS[1], 'kept_until', string.format('%.0f', till))
end
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < tonumber(ARGV[1]) then redis.call('PEXPIRE', key, ARGV[1]) end
end
return 1
"""

TAKE_OVER: Final = """
-- KEYS: response. ARGV: the owner whose lease has ended, the new one. Answers how often it was taken over, 0 if it is not to be had.
-- Sent again, because its answer was lost, it answers the same.
local owner = redis.call('HGET', KEYS[1], 'owner')
if redis.call('HGET', KEYS[1], 'state') ~= 'in_progress' then return 0 end
if owner == ARGV[2] and owner ~= ARGV[1] then return tonumber(redis.call('HGET', KEYS[1], 'takeovers')) end
if owner ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'owner', ARGV[2])
return redis.call('HINCRBY', KEYS[1], 'takeovers', 1)
"""

CANCEL: Final = """
-- KEYS: response. Answers its owner, if there is such a response; who takes it over from now on finds that it is to be cancelled.
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner then redis.call('HSET', KEYS[1], 'cancelled', 1) end
return owner
"""

DELETE: Final = """
-- KEYS: response, events, read mark. ARGV: ms for which a writer can learn of it.
local was = redis.call('HEXISTS', KEYS[1], 'request')
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'deleted', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return was
"""

RENEW: Final = """
-- KEYS: leases, gateways. ARGV: process or '', ms that a lease lasts, then leases. All by Redis' own clock.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[i]) end
if ARGV[1] ~= '' then redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 3600000)
return 'written'
"""

ENDED: Final = """
-- KEYS: leases. ARGV: how many to pass over, most. Leases that have ended, the oldest first.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', ARGV[1], ARGV[2])
"""
