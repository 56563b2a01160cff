"""What is counted of a tenant, each step as one script by Redis' clock, so that all gateways count together.

They are safe to send twice: what a second sending would count again is bound to the id of a request, an answer or a blob.
"""

from __future__ import annotations

from typing import Final

NOW: Final = """
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
    NOW
    + """
-- KEYS: answers under way, pictures promised to each, pictures drawn by day. ARGV: answer, ms for which it is believed under way, most
-- answers or -1, most pictures a day or -1, pictures that it needs, pictures that it may have. Answers 'answers' where it may not be;
-- 'pictures' likewise, with those drawn and those promised, and seconds of the day that are left; else 'admitted' with the pictures that
-- it may have, answers and pictures left, seconds of the day that are left.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
local again = redis.call('ZSCORE', KEYS[1], ARGV[1])
local most_answers, most_pictures = tonumber(ARGV[3]), tonumber(ARGV[4])
local answers = redis.call('ZCARD', KEYS[1]) - (again and 1 or 0)
if most_answers >= 0 and answers >= most_answers then return {'answers'} end
local needed, granted = tonumber(ARGV[5]), tonumber(ARGV[6])
local left = -1
if most_pictures >= 0 then
  local drawn, promised = tonumber(redis.call('HGET', KEYS[3], day) or '0'), 0
  if again then redis.call('HDEL', KEYS[2], ARGV[1]) end
  for _, to_one in ipairs(redis.call('HVALS', KEYS[2])) do promised = promised + tonumber(to_one) end
  left = math.max(most_pictures - drawn - promised, 0)
  if granted > 0 and left < math.max(needed, 1) then return {'pictures', drawn, promised, day_ends} end
  granted = math.min(granted, left)
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
    NOW
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
