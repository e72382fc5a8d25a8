-- Stores jobs, all or none. ARGV: depth limit, then for each job: id, stored job, delay in ms (0:
-- now), unique key ('': none), its lifetime in ms.
-- Returns {1, first id or false, ...}: false where the job was stored, the id of the earlier job
-- where its unique key is taken. Or {0, depth} when the queue is full.
-- Stands without common.lua, whose functions would cost more here than the work itself.
local call, queue = redis.call, KEYS[1]
local prefix = '{' .. queue .. '}:'
local jobs_key, scheduled_key = prefix .. 'jobs', prefix .. 'scheduled'

local count = (#ARGV - 1) / 5
local depth = call('LLEN', queue) + call('ZCARD', scheduled_key)
if depth + count > tonumber(ARGV[1]) then return {0, depth} end

local result = {1}
for i = 0, count - 1 do
  local at = 2 + i * 5
  local id, delay, unique = ARGV[at], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local earlier = false
  if unique ~= '' then
    earlier = call('SET', prefix .. 'unique:' .. unique, id, 'NX', 'GET', 'PX', ARGV[at + 4])
  end
  if not earlier then
    call('HSET', jobs_key, id, ARGV[at + 1])
    if delay > 0 then
      local time = call('TIME')
      call('ZADD', scheduled_key, time[1] * 1000 + math.floor(time[2] / 1000) + delay, id)
    else
      call('LPUSH', queue, 'job:' .. id)
    end
  end
  result[i + 2] = earlier
end
return result
