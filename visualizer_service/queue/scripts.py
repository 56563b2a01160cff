"""The Lua scripts of the queue: each is one step that happens whole or not at all.

They know nothing of what a job or a reply says. A claim is named by its stream, entry, consumer and delivery count; whoever has lost
it can't write anything any more. Every command used exists in Redis 6.2.
"""

from __future__ import annotations

from visualizer_service.queue.fair_scripts import LINES

# NOTE: reading the group's own backlog with XREADGROUP and an id would raise the delivery count of every entry the reader holds, and so
# void its claims. Hence XPENDING to look and XCLAIM with RETRYCOUNT to fetch, here and nowhere else.

_OWNED = """
local function owned(stream, group, me, entry, deliveries)
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)
  return pending[1] ~= nil and pending[1][2] == me and pending[1][4] == tonumber(deliveries)
end
"""

_REPLY = """
local function reply(stream, payload, most, ttl_ms)
  redis.call('XADD', stream, 'MAXLEN', '~', most, '*', 'reply', payload)
  redis.call('PEXPIRE', stream, ttl_ms)
end
"""

_CLAIMED = """
local function claimed(stream, entry, deliveries)
  return {stream, entry[1], deliveries, tonumber(entry[2][4]), entry[2][2]}
end
"""

# While Redis is full, hung or gone nobody can renew a lease, so one that has ended is no proof until there was time to. A mark that lasts
# half a lease, and longer than an idle worker takes to come again, says since when Redis has taken writes: all workers write it. A Redis
# that is full refuses it, and with it what would follow: XCLAIM it would allow.
_WRITABLE = """
local function writable_for_ms(mark, half_ms)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local since = math.min(tonumber(redis.call('GET', mark)) or now, now)
  redis.call('SET', mark, string.format('%d', since), 'PX', math.max(half_ms, 2000))
  return now - since
end
"""

_WAITING = """
local function waiting(streams, group)
  local count = 0
  for _, stream in ipairs(streams) do
    local pending = redis.pcall('XPENDING', stream, group)
    count = count + redis.call('XLEN', stream) - (tonumber(pending[1]) or 0)
  end
  return count
end
"""

BACKLOG = (
    _WAITING
    + """
-- KEYS: job streams. ARGV: group.
return waiting(KEYS, ARGV[1])
"""
)

ENQUEUE = (
    _WAITING
    + LINES
    + """
-- KEYS: the job's stream, its seen mark, the lines' keys, stream and heartbeat of each worker that is to have it rather than others, then
-- all shared streams. ARGV: group, job, mark's ttl, most waiting or -1, tenant, class, cost divided by its share, 1 if there are to be no
-- lines, response, deadline, how many jobs in lines to look at where all is full, then how many jobs of its own each worker may have.
if redis.call('EXISTS', KEYS[2]) == 1 then return 'duplicate' end
local lines, limit, near = {unpack(KEYS, 3, 9)}, tonumber(ARGV[4]), #ARGV - 11
local function is_full() return limit >= 0 and waiting({unpack(KEYS, 10 + 2 * near)}, ARGV[1]) + lined(lines) >= limit end
if is_full() then
  drop_unwanted(lines, tonumber(ARGV[11]))
  if is_full() then return 'full' end
end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[3])
local stream, tenant, cost = KEYS[1], ARGV[5], tonumber(ARGV[7])
local is_direct = ARGV[8] == '1'
if redis.call('EXISTS', lines[1]) == 0 then
  is_direct = is_direct or waiting({stream}, ARGV[1]) == 0
  for i = near, 1, -1 do
    local own, beat = KEYS[8 + 2 * i], KEYS[9 + 2 * i]
    if redis.call('EXISTS', own, beat) == 2 and redis.call('XLEN', own) < tonumber(ARGV[11 + i]) then
      stream, is_direct = own, true
    end
  end
end
if is_direct then
  serve(lines, tenant, starts(lines, tenant), cost)
  redis.call('XADD', stream, '*', 'job', ARGV[2], 'tries', 0)
else
  put_in_line(lines, tenant, ARGV[6], ARGV[2], cost, ARGV[9], ARGV[10])
end
return 'queued'
"""
)

CLAIM = (
    _CLAIMED
    + LINES
    + """
-- KEYS: the lines' keys, the streams of the classes, job streams in reading order, one may come twice. ARGV: group, consumer, most in all,
-- number of classes, the classes in the order in which a tenant's own are served, then most of each job stream. What waits in streams
-- comes first, but for the last, then tenants in turn: a job leaves its line for the stream of its class and is claimed in one step.
local lines, streams, classes, claims = {unpack(KEYS, 1, 7)}, {}, {}, {}
local most, count = tonumber(ARGV[3]), tonumber(ARGV[4])
for i = 1, count do
  classes[i] = ARGV[4 + i]
  streams[classes[i]] = KEYS[7 + i]
end
local function claim(stream, at_most)
  local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', at_most, 'STREAMS', stream, '>')
  for _, entry in ipairs(read and read[1][2] or {}) do claims[#claims + 1] = claimed(stream, entry, 1) end
end
local last = #KEYS - 7 - count
local function claim_from(i)
  local at_most = math.min(most - #claims, tonumber(ARGV[4 + count + i]))
  if at_most > 0 then claim(KEYS[7 + count + i], at_most) end
end
for i = 1, last - 1 do claim_from(i) end
while #claims < most do
  local class, job = next_in_line(lines, classes)
  if not class then break end
  redis.call('XADD', streams[class], '*', 'job', job, 'tries', 0)
  claim(streams[class], 1)
end
claim_from(last)
return claims
"""
)

RECOVER = (
    _CLAIMED
    + _WRITABLE
    + """
-- KEYS: mark of writes, job streams. ARGV: group, consumer, lease in ms, most in all, then stream and entry of each claim the consumer
-- knows of. Nobody's lease has ended before Redis took writes for half of one.
local group, me, lease_ms, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local half_ms = math.floor(lease_ms / 2)
local can_renew = writable_for_ms(KEYS[1], half_ms) >= half_ms
local known, claims = {}, {}
for i = 5, #ARGV, 2 do known[ARGV[i] .. ' ' .. ARGV[i + 1]] = true end
local function take(stream, id, deliveries)
  if #claims >= most then return end
  local entry = redis.call('XCLAIM', stream, group, me, 0, id, 'RETRYCOUNT', deliveries)[1]
  if entry then claims[#claims + 1] = claimed(stream, entry, deliveries) end
end
for k = 2, #KEYS do
  local stream = KEYS[k]
  for _, mine in ipairs(redis.call('XPENDING', stream, group, '-', '+', 1000, me)) do
    if not known[stream .. ' ' .. mine[1]] then take(stream, mine[1], mine[4]) end
  end
  for _, idle in ipairs(can_renew and redis.call('XPENDING', stream, group, 'IDLE', lease_ms, '-', '+', 1000) or {}) do
    if idle[2] ~= me then take(stream, idle[1], idle[4] + 1) end
  end
end
return claims
"""
)

SHARE = """
-- KEYS: workers that have a stream of their own, returned jobs, then stream and heartbeat of each such worker. ARGV: group, ms that a
-- job waits for one worker, worker that leaves or '', idle ms after which one without a heartbeat is gone, then the workers' names. What
-- waited longer, or for a dead worker, goes to all; what a dead worker holds stays until its lease ends. Answers the streams that are left.
-- A worker that was only away for long makes its stream anew when it misses its group.
local time = redis.call('TIME')
local oldest, left = time[1] * 1000 + time[2] / 1000 - tonumber(ARGV[2]), {}
local function gone(stream, name, alive)
  if name == ARGV[3] then return true end
  if alive then return false end
  local consumers = redis.call('XINFO', 'CONSUMERS', stream, ARGV[1])
  return consumers[1] ~= nil and consumers[1][6] > tonumber(ARGV[4])
end
for i = 5, #ARGV do
  local stream, alive = KEYS[2 * i - 7], redis.call('EXISTS', KEYS[2 * i - 6]) == 1
  for _, group in ipairs(redis.call('EXISTS', stream) == 1 and redis.call('XINFO', 'GROUPS', stream) or {}) do
    for _, entry in ipairs(redis.call('XRANGE', stream, '(' .. group[8], '+')) do
      if not alive or tonumber(string.match(entry[1], '^%d+')) <= oldest then
        redis.call('XDEL', stream, entry[1])
        redis.call('XADD', KEYS[2], '*', unpack(entry[2]))
      end
    end
    if redis.call('XLEN', stream) == 0 and gone(stream, ARGV[i], alive) then
      redis.call('DEL', stream)
      redis.call('SREM', KEYS[1], ARGV[i])
    else
      left[#left + 1] = stream
    end
  end
end
return left
"""

REPORT = (
    _OWNED
    + _REPLY
    + _WRITABLE
    + """
-- KEYS: this consumer's report mark, mark of writes, then stream, replies, cancel mark of each claim. ARGV: group, consumer, number of this
-- report, renew (0 or 1), most replies, their ttl, lease in ms, then of each claim its entry, deliveries, number of payloads, payloads.
-- A report sent again, because its answer was lost, writes nothing twice. Answers 'held', 'lost' or 'cancelled' for each claim.
local is_new = redis.call('GET', KEYS[1]) ~= ARGV[3]
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[6])
writable_for_ms(KEYS[2], math.floor(tonumber(ARGV[7]) / 2))
local states, at = {}, 8
for k = 3, #KEYS, 3 do
  local entry, deliveries, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  if not owned(KEYS[k], ARGV[1], ARGV[2], entry, deliveries) then
    states[#states + 1] = 'lost'
  else
    for i = 1, is_new and count or 0 do reply(KEYS[k + 1], ARGV[at + 2 + i], ARGV[5], ARGV[6]) end
    if ARGV[4] == '1' then redis.call('XCLAIM', KEYS[k], ARGV[1], ARGV[2], 0, entry, 'JUSTID') end
    states[#states + 1] = redis.call('EXISTS', KEYS[k + 2]) == 1 and 'cancelled' or 'held'
  end
  at = at + 3 + count
end
return states
"""
)

SETTLE = (
    _OWNED
    + _REPLY
    + """
-- KEYS: stream, replies, dead letters. ARGV: group, consumer, entry, deliveries, most replies, their ttl,
-- reason to write a dead letter or '', attempts, most dead letters, then payloads. Answers 1 if the claim was still held.
local group, entry = ARGV[1], ARGV[3]
if not owned(KEYS[1], group, ARGV[2], entry, ARGV[4]) then return 0 end
if ARGV[7] ~= '' then
  local job = redis.call('XRANGE', KEYS[1], entry, entry)[1][2][2]
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[9], '*', 'job', job, 'reason', ARGV[7], 'attempts', ARGV[8])
end
for i = 10, #ARGV do reply(KEYS[2], ARGV[i], ARGV[5], ARGV[6]) end
redis.call('XACK', KEYS[1], group, entry)
redis.call('XDEL', KEYS[1], entry)
return 1
"""
)

GIVE_BACK = (
    _OWNED
    + """
-- KEYS: stream, returned jobs. ARGV: group, consumer, entry, deliveries, attempts that count so far. Answers 1 if the claim was still held.
local group, entry = ARGV[1], ARGV[3]
if not owned(KEYS[1], group, ARGV[2], entry, ARGV[4]) then return 0 end
local job = redis.call('XRANGE', KEYS[1], entry, entry)[1][2][2]
redis.call('XACK', KEYS[1], group, entry)
redis.call('XDEL', KEYS[1], entry)
redis.call('XADD', KEYS[2], '*', 'job', job, 'tries', ARGV[5])
return 1
"""
)

FORGET = """
-- KEYS: job streams. ARGV: group, consumer that leaves, idle ms after which another is dead. Only consumers that hold nothing go.
for _, stream in ipairs(KEYS) do
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', stream, ARGV[1])) do
    local name, pending, idle_ms = consumer[2], consumer[4], consumer[6]
    if pending == 0 and (name == ARGV[2] or idle_ms > tonumber(ARGV[3])) then
      redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], name)
    end
  end
end
return 1
"""
