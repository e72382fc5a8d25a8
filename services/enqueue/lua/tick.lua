-- A worker's heartbeat, and the chores that any worker does for all. ARGV: worker, lease in ms,
-- CLIENT ID of its connection, 1 if it may take over from others (0: not now), run_id of Redis.
-- Renews the lease, makes due jobs ready, takes over from workers whose lease has ended. Returns {1
-- if the worker had its lease still, jobs it holds, jobs taken over, jobs that died, 1 if others may
-- be taken over from (0: not now), worker, client id, ...} with all workers that are left.
local worker = ARGV[1]
local lease = tonumber(ARGV[2])
local now = now_ms()

-- Since when there have been heartbeats of this run of Redis without a pause of half a lease. A
-- pause that ends leases of living workers is longer than that, since a lease is at least three
-- heartbeats: Redis was away, the machine stood still, or the clock jumped. Then nobody knows who
-- lives until all had the time for another heartbeat.
local function beating_since()
  local beats = call('HMGET', beats_key, 'last', 'since', 'run')
  local last, since = tonumber(beats[1]), tonumber(beats[2])
  if not last then
    since = 0
  elseif beats[3] ~= ARGV[5] or now - last > lease / 2 or now < since then
    since = now
  end
  call('HSET', beats_key, 'last', now, 'since', since, 'run', ARGV[5])
  return since
end

local may_take_over = now - beating_since() >= lease and ARGV[4] == '1'
local known = call('ZSCORE', workers_key, worker) and 1 or 0
call('ZADD', workers_key, now + lease, worker)
call('HSET', clients_key, worker, ARGV[3])

for _, name in ipairs({'scheduled', 'retry'}) do
  local key = prefix .. name
  local due = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, 1000)
  if #due > 0 then
    call('ZREM', key, unpack(due))
    for i, id in ipairs(due) do due[i] = 'job:' .. id end
    call('LPUSH', queue, unpack(due))
  end
end

local ready, died = 0, 0
if may_take_over then
  for _, other in ipairs(call('ZRANGEBYSCORE', workers_key, '-inf', now, 'LIMIT', 0, 8)) do
    local r, d = take_over(other, now)
    ready, died = ready + r, died + d
  end
end

local result = {known, call('HLEN', held_key(worker)), ready, died, may_take_over and 1 or 0}
for _, field in ipairs(call('HGETALL', clients_key)) do result[#result + 1] = field end
return result
