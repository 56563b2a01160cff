"""Tenants take turns: the Lua by which jobs wait in lines of their tenants' own, and by which it is settled whose comes next.

Start-time fair queueing: each tenant has a virtual time at which its next job starts, which its jobs move on by what they cost, divided
by its share; whoever has the smallest is next. A tenant that had nothing waiting begins at the time of whoever was served last, so
nobody saves up turns. A class's stream, which all workers read, holds a job that nobody has claimed only while there are no lines.

A job that nobody wants any more, cancelled or overdue, takes no turn: its worker has only to say so. Where its place is needed, it leaves
its line unsaid: whoever cancelled waits no more, and whoever waits bounds the wait by the deadline.

Source:
    Goyal, Vin, Cheng: Start-time Fair Queueing, SIGCOMM 1996.
"""

from __future__ import annotations

from typing import Final

LINES: Final = """
-- Of `lines`: turns, clock, served, waiting by tenant, waiting by class, and what begins the key of each line and of each cancel mark.
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
local function put_in_line(lines, tenant, class, job, cost, response, deadline)
  local line = line_of(lines, tenant, class)
  redis.call('XADD', line, '*', 'job', job, 'cost', cost, 'response', response, 'deadline', deadline)
  redis.call('HINCRBY', lines[4], tenant, 1)
  redis.call('HINCRBY', lines[5], class, 1)
  if not redis.call('ZSCORE', lines[1], tenant) then
    redis.call('ZADD', lines[1], string.format('%.17g', starts(lines, tenant)), tenant)
  end
end
local function leave_line(lines, tenant, class, id)
  local line = line_of(lines, tenant, class)
  redis.call('XDEL', line, id)
  if redis.call('XLEN', line) == 0 then redis.call('DEL', line) end
  redis.call('HINCRBY', lines[5], class, -1)
  if redis.call('HINCRBY', lines[4], tenant, -1) > 0 then return true end
  redis.call('ZREM', lines[1], tenant)
  redis.call('HDEL', lines[4], tenant)
  return false
end
-- An older release tells neither response nor deadline: its jobs count as wanted.
local function is_wanted(lines, fields)
  local response, deadline = fields[6], tonumber(fields[8])
  if response and redis.call('EXISTS', lines[7] .. response) == 1 then return false end
  return not deadline or deadline > tonumber(redis.call('TIME')[1])
end
local function next_in_line(lines, classes)
  while true do
    local turn = redis.call('ZRANGE', lines[1], 0, 0, 'WITHSCORES')
    if not turn[1] then return nil end
    local tenant, start = turn[1], tonumber(turn[2])
    for _, class in ipairs(classes) do
      local first = redis.call('XRANGE', line_of(lines, tenant, class), '-', '+', 'COUNT', 1)[1]
      if first then
        local fields = first[2]
        local finish = serve(lines, tenant, start, is_wanted(lines, fields) and tonumber(fields[4]) or 0)
        if leave_line(lines, tenant, class, first[1]) then
          redis.call('ZADD', lines[1], string.format('%.17g', finish), tenant)
        end
        return class, fields[2]
      end
    end
    redis.call('ZREM', lines[1], tenant)
    redis.call('HDEL', lines[4], tenant)
  end
end
-- Of the first `most` jobs in lines, those that nobody wants leave them. More are not looked at, for nothing else runs meanwhile.
local function drop_unwanted(lines, most)
  local classes = redis.call('HKEYS', lines[5])
  for _, tenant in ipairs(redis.call('ZRANGE', lines[1], 0, most)) do
    for _, class in ipairs(classes) do
      if most <= 0 then return end
      local entries = redis.call('XRANGE', line_of(lines, tenant, class), '-', '+', 'COUNT', most)
      most = most - #entries
      for _, entry in ipairs(entries) do
        if not is_wanted(lines, entry[2]) then leave_line(lines, tenant, class, entry[1]) end
      end
    end
  end
end
"""

FLATTEN: Final = (
    LINES
    + """
-- KEYS: the lines' keys, then the streams of the classes. ARGV: most, then the classes in that order. Puts what waits in lines where
-- workers of a release that knows no lines find it. Answers how many were moved.
local lines, streams, classes = {unpack(KEYS, 1, 7)}, {}, {}
for i = 2, #ARGV do
  classes[#classes + 1] = ARGV[i]
  streams[ARGV[i]] = KEYS[6 + i]
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

CANCEL: Final = (
    LINES
    + """
-- KEYS: the lines' keys, the response's cancel mark. ARGV: mark's ttl, how many jobs in lines to look at. Its jobs' places are free at once.
redis.call('SET', KEYS[8], 1, 'PX', ARGV[1])
drop_unwanted({unpack(KEYS, 1, 7)}, tonumber(ARGV[2]))
return 1
"""
)
