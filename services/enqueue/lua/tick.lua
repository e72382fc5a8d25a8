-- A worker's heartbeat, and the chores that any worker does for all. ARGV: worker, lease in ms,
-- CLIENT ID of its connection, 1 to take over from workers whose lease has ended (0: not now).
-- Renews the lease, makes due jobs ready, takes over. Returns {1 if the worker had its lease still,
-- jobs it holds, jobs taken over, jobs that died, worker, client id, ...} with all workers that are
-- left.
local worker = ARGV[1]
local now = now_ms()
local known = call('ZSCORE', workers_key, worker) and 1 or 0
call('ZADD', workers_key, now + ARGV[2], worker)
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
if ARGV[4] == '1' then
  for _, other in ipairs(call('ZRANGEBYSCORE', workers_key, '-inf', now, 'LIMIT', 0, 8)) do
    local r, d = take_over(other, now)
    ready, died = ready + r, died + d
  end
end

local result = {known, call('HLEN', held_key(worker)), ready, died}
for _, field in ipairs(call('HGETALL', clients_key)) do result[#result + 1] = field end
return result
