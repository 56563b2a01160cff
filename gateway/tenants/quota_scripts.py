"""What is counted of a tenant, each step as one script by Redis' clock, so that all gateways count together.

They are safe to send twice: what a second sending would count again is bound to the id of a request, an answer or a blob.
"""

from __future__ import annotations

from typing import Final

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local day = math.floor(time[1] / 86400)
local day_ends = (day + 1) * 86400 - time[1]
"""

REQUEST: Final = """
-- KEYS: count. ARGV: most, window in ms. Answers whether the request may be, how many more may, and in how many ms all may anew.
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
local most = tonumber(ARGV[1])
if count >= most then return {0, 0, math.max(redis.call('PTTL', KEYS[1]), 0)} end
count = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {1, most - count, redis.call('PTTL', KEYS[1])}
"""

ADMIT: Final = (
    _NOW
    + """
-- KEYS: answers under way, pictures promised to each, pictures drawn by day. ARGV: answer, ms for which it is believed under way, most
-- answers or -1, most pictures a day or -1, pictures that it needs, pictures that it may have. Answers 'answers' or 'pictures' where it
-- may not be, with how many seconds to wait; else 'admitted' with the pictures that it may have, answers and pictures left, seconds of
-- the day that are left.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
local again = redis.call('ZSCORE', KEYS[1], ARGV[1])
local most_answers, most_pictures = tonumber(ARGV[3]), tonumber(ARGV[4])
local answers = redis.call('ZCARD', KEYS[1]) - (again and 1 or 0)
if most_answers >= 0 and answers >= most_answers then return {'answers', 0} end
local needed, granted = tonumber(ARGV[5]), tonumber(ARGV[6])
local left = -1
if most_pictures >= 0 then
  left = most_pictures - tonumber(redis.call('HGET', KEYS[3], day) or '0')
  if again then redis.call('HDEL', KEYS[2], ARGV[1]) end
  for _, promised in ipairs(redis.call('HVALS', KEYS[2])) do left = left - tonumber(promised) end
  if granted > 0 and left < math.max(needed, 1) then return {'pictures', day_ends} end
  granted = math.min(granted, left)
  if granted < 0 then granted = 0 end
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], granted)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return {'admitted', granted, most_answers < 0 and -1 or most_answers - answers - 1, left < 0 and -1 or left - granted, day_ends}
"""
)

LEAVE: Final = """
-- KEYS: answers under way, pictures promised to each. ARGV: answer.
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
"""

END: Final = (
    _NOW
    + """
-- KEYS: answers under way, pictures promised to each, pictures drawn by day, mark that this answer was counted, usage before its day.
-- ARGV: answer, pictures drawn, ms for which the mark is kept, ms for which usage is kept, field and count in turn. Answers 1 if the
-- answer was not counted before.
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
if not redis.call('SET', KEYS[4], 1, 'NX', 'PX', ARGV[3]) then return 0 end
redis.call('HINCRBY', KEYS[3], day, ARGV[2])
for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
  if tonumber(field) < day then redis.call('HDEL', KEYS[3], field) end
end
redis.call('PEXPIRE', KEYS[3], 172800000)
local usage = KEYS[5] .. day
for i = 5, #ARGV, 2 do redis.call('HINCRBY', usage, ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', usage, ARGV[4])
return 1
"""
)

_FORGET_GONE: Final = (
    _NOW
    + """
for _, blob in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('HINCRBY', KEYS[2], '', -tonumber(redis.call('HGET', KEYS[2], blob) or '0'))
  redis.call('HDEL', KEYS[2], blob)
  redis.call('ZREM', KEYS[1], blob)
end
local sum = tonumber(redis.call('HGET', KEYS[2], '') or '0')
local function outlive(ms)
  for i = 1, 2 do
    if redis.call('PTTL', KEYS[i]) < tonumber(ms) then redis.call('PEXPIRE', KEYS[i], ms) end
  end
end
local function until_less()
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return first[2] and math.max(math.ceil((tonumber(first[2]) - now) / 1000), 1) or 0
end
"""
)

KEEP: Final = (
    _FORGET_GONE
    + """
-- KEYS: blobs by when they are gone, their sizes and, under '', their sum. ARGV: most bytes or -1, ms for which these are kept, most ms for
-- which any is, then blob and size in turn.
-- Answers whether they may be kept, the bytes kept by then, and in how many seconds there will be fewer.
local most, new = tonumber(ARGV[1]), 0
for i = 4, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[2], ARGV[i]) == 0 then new = new + tonumber(ARGV[i + 1]) end
end
if most >= 0 and new > 0 and sum + new > most then return {0, sum, until_less()} end
for i = 4, #ARGV, 2 do
  if redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1]) == 1 then redis.call('HINCRBY', KEYS[2], '', ARGV[i + 1]) end
  redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], ARGV[i])
end
outlive(ARGV[3])
return {1, sum + new, until_less()}
"""
)

STAY: Final = (
    _FORGET_GONE
    + """
-- KEYS: as above. ARGV: ms for which they are kept anew, then blobs. Answers the bytes kept, and in how many seconds there will be fewer.
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', 'GT', now + ARGV[1], ARGV[i]) end
outlive(ARGV[1])
return {sum, until_less()}
"""
)

DROP: Final = """
-- KEYS: as above. ARGV: blobs that are deleted.
for _, blob in ipairs(ARGV) do
  local size = redis.call('HGET', KEYS[2], blob)
  if size then redis.call('HINCRBY', KEYS[2], '', -tonumber(size)) end
  redis.call('HDEL', KEYS[2], blob)
  redis.call('ZREM', KEYS[1], blob)
end
return #ARGV
"""
