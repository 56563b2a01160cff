"""Tenants take turns: the Lua by which jobs wait in lines of their tenants' own, and by which it is settled whose comes next.

Start-time fair queueing: each tenant has a virtual time at which its next job starts, which its jobs move on by what they cost, divided
by its share; whoever has the smallest is next. A tenant that had nothing waiting begins at the time of whoever was served last, so
nobody saves up turns. A class's stream, which all workers read, holds a job that nobody has claimed only while there are no lines.

Source:
    Goyal, Vin, Cheng: Start-time Fair Queueing, SIGCOMM 1996.
"""

from __future__ import annotations

from typing import Final

LINES: Final = """
-- Of `lines`: turns, clock, served, waiting by tenant, waiting by class, and what begins the key of each line.
local function line_of(lines, tenant, class) return lines[6] .. class .. ':' .. tenant end
local function lined(lines)
  local sum = 0
  for _, count in ipairs(redis.call('HVALS', lines[5])) do sum = sum + tonumber(count) end
  return sum
end
local function starts(lines, tenant)
  return math.max(tonumber(redis.call('GET', lines[2]) or '0'), tonumber(redis.call('ZSCORE', lines[3], tenant) or '0'))
end
local function serve(lines, tenant, start, cost)
  redis.call('SET', lines[2], string.format('%.17g', start))
  redis.call('ZREMRANGEBYSCORE', lines[3], '-inf', string.format('%.17g', start))
  redis.call('ZADD', lines[3], string.format('%.17g', start + cost), tenant)
  return start + cost
end
local function put_in_line(lines, tenant, class, job, cost)
  redis.call('XADD', line_of(lines, tenant, class), '*', 'job', job, 'cost', cost)
  redis.call('HINCRBY', lines[4], tenant, 1)
  redis.call('HINCRBY', lines[5], class, 1)
  if not redis.call('ZSCORE', lines[1], tenant) then
    redis.call('ZADD', lines[1], string.format('%.17g', starts(lines, tenant)), tenant)
  end
end
local function next_in_line(lines, classes)
  while true do
    local turn = redis.call('ZRANGE', lines[1], 0, 0, 'WITHSCORES')
    if not turn[1] then return nil end
    local tenant, start = turn[1], tonumber(turn[2])
    for _, class in ipairs(classes) do
      local line = line_of(lines, tenant, class)
      local first = redis.call('XRANGE', line, '-', '+', 'COUNT', 1)[1]
      if first then
        redis.call('XDEL', line, first[1])
        if redis.call('XLEN', line) == 0 then redis.call('DEL', line) end
        redis.call('HINCRBY', lines[5], class, -1)
        local finish = serve(lines, tenant, start, tonumber(first[2][4]))
        if redis.call('HINCRBY', lines[4], tenant, -1) > 0 then
          redis.call('ZADD', lines[1], string.format('%.17g', finish), tenant)
        else
          redis.call('ZREM', lines[1], tenant)
          redis.call('HDEL', lines[4], tenant)
        end
        return class, first[2][2]
      end
    end
    redis.call('ZREM', lines[1], tenant)
    redis.call('HDEL', lines[4], tenant)
  end
end
"""

FLATTEN: Final = (
    LINES
    + """
-- KEYS: the lines' keys, then the streams of the classes. ARGV: most, then the classes in that order. Puts what waits in lines where
-- workers of a release that knows no lines find it. Answers how many were moved.
local lines, streams, classes = {unpack(KEYS, 1, 6)}, {}, {}
for i = 2, #ARGV do
  classes[#classes + 1] = ARGV[i]
  streams[ARGV[i]] = KEYS[5 + i]
end
local moved = 0
while moved < tonumber(ARGV[1]) do
  local class, job = next_in_line(lines, classes)
  if not class then return moved end
  redis.call('XADD', streams[class], '*', 'job', job, 'tries', 0)
  moved = moved + 1
end
return moved
"""
)
