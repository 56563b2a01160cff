"""What a tenant keeps, each step as one script by Redis' clock: its blobs, each counted once, for as long as anything of its refers to it.

They are safe to send twice: what a second sending would count again is bound to the id of a blob and of what refers to it.
"""

from __future__ import annotations

from typing import Final

from gateway.tenants.quota_scripts import NOW

# KEYS of all: blobs by when they are gone, their sizes and, under '', their sum, what the keys of what refers to each blob begin with.
_BLOBS: Final = (
    NOW
    + """
local function uncharge(blob)
  local size = redis.call('HGET', KEYS[2], blob)
  if size then redis.call('HINCRBY', KEYS[2], '', -tonumber(size)) end
  redis.call('HDEL', KEYS[2], blob)
  redis.call('ZREM', KEYS[1], blob)
  redis.call('DEL', KEYS[3] .. blob)
end
for _, blob in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do uncharge(blob) end
local function sum() return tonumber(redis.call('HGET', KEYS[2], '') or '0') end
local function outlive(ms)
  for i = 1, 2 do
    if redis.call('PTTL', KEYS[i]) < tonumber(ms) then redis.call('PEXPIRE', KEYS[i], ms) end
  end
end
local function until_less()
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return first[2] and math.max(math.ceil((tonumber(first[2]) - now) / 1000), 1) or 0
end
local function last_of(owners)
  redis.call('ZREMRANGEBYSCORE', owners, '-inf', now)
  return redis.call('ZREVRANGE', owners, 0, 0, 'WITHSCORES')[2]
end
local function refer(owner, blob, ms)
  local owners, known = KEYS[3] .. blob, redis.call('ZSCORE', KEYS[1], blob)
  -- Gateways that did not count owners yet may have charged it for others: they are one without a name, for as long as it was kept.
  if known and redis.call('EXISTS', owners) == 0 then redis.call('ZADD', owners, known, '') end
  redis.call('ZADD', owners, 'GT', now + ms, owner)
  redis.call('PEXPIREAT', owners, string.format('%.0f', last_of(owners)))
end
"""
)

KEEP: Final = (
    _BLOBS
    + """
-- ARGV: most bytes or -1, ms for which these are kept, most ms for which any is, then owner, blob and size in turn.
-- Answers whether they may be kept, the bytes kept by then, the bytes that they add, and in how many seconds there will be fewer.
local most, new, seen = tonumber(ARGV[1]), 0, {}
for i = 4, #ARGV, 3 do
  local blob = ARGV[i + 1]
  if not seen[blob] and redis.call('HEXISTS', KEYS[2], blob) == 0 then new = new + tonumber(ARGV[i + 2]) end
  seen[blob] = true
end
if most >= 0 and new > 0 and sum() + new > most then return {0, sum(), new, until_less()} end
for i = 4, #ARGV, 3 do
  local owner, blob, size = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  refer(owner, blob, ARGV[2])
  if redis.call('HSETNX', KEYS[2], blob, size) == 1 then redis.call('HINCRBY', KEYS[2], '', size) end
  redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], blob)
end
outlive(ARGV[3])
return {1, sum(), new, until_less()}
"""
)

STAY: Final = (
    _BLOBS
    + """
-- ARGV: ms for which they are kept anew, owner, then blobs. Answers the bytes kept, and in how many seconds there will be fewer.
for i = 3, #ARGV do
  refer(ARGV[2], ARGV[i], ARGV[1])
  redis.call('ZADD', KEYS[1], 'XX', 'GT', now + ARGV[1], ARGV[i])
end
outlive(ARGV[1])
return {sum(), until_less()}
"""
)

DROP: Final = (
    _BLOBS
    + """
-- ARGV: owner, how many of the blobs are gone whoever refers to them, then blobs, these first. What nothing else refers to counts no more.
for i = 3, #ARGV do
  local blob, owners = ARGV[i], KEYS[3] .. ARGV[i]
  local did_refer = redis.call('ZREM', owners, ARGV[1]) == 1
  local last = last_of(owners)
  if i - 2 <= tonumber(ARGV[2]) or (did_refer and not last) then
    uncharge(blob)
  elseif last then
    redis.call('ZADD', KEYS[1], 'XX', last, blob)
  end
end
return #ARGV
"""
)
