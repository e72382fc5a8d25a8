-- Stores the jobs of several requests, each request's all or none. ARGV: depth limit, then for each
-- request: how many jobs, then for each job: id, stored job, delay in ms (0: now), unique key ('':
-- none), its lifetime in ms.
-- Returns for each request {1, first id or false, ...}: false where the job was stored, the id of
-- the earlier job where its unique key is taken. Or {0, depth} when the queue is full.
-- Stands without common.lua, whose functions would cost more here than the work itself, and writes
-- all jobs by few commands, since each costs as much as several jobs.
local call, queue, argv = redis.call, KEYS[1], ARGV
local prefix = '{' .. queue .. '}:'
local jobs_key, scheduled_key = prefix .. 'jobs', prefix .. 'scheduled'

local limit = tonumber(argv[1])
local depth = call('LLEN', queue) + call('ZCARD', scheduled_key)
local stored, ready, results = {}, {}, {}

local at, last = 2, #argv
while at <= last do
  local count = tonumber(argv[at])
  at = at + 1
  if depth + count > limit then
    results[#results + 1] = {0, depth}
    at = at + 5 * count
  else
    local result = {1}
    for i = 1, count do
      local id, delay, unique = argv[at], argv[at + 2], argv[at + 3]
      local earlier = false
      if unique ~= '' then
        earlier = call('SET', prefix .. 'unique:' .. unique, id, 'NX', 'GET', 'PX', argv[at + 4])
      end
      if not earlier then
        depth = depth + 1
        stored[#stored + 1] = id
        stored[#stored + 1] = argv[at + 1]
        if delay == '0' then
          ready[#ready + 1] = 'job:' .. id
        else
          local time = call('TIME')
          local now = time[1] * 1000 + math.floor(time[2] / 1000)
          call('ZADD', scheduled_key, now + tonumber(delay), id)
        end
      end
      result[i + 1] = earlier
      at = at + 5
    end
    results[#results + 1] = result
  end
end

-- Lua's stack takes some thousand values at a time.
for i = 1, #stored, 2000 do
  call('HSET', jobs_key, unpack(stored, i, math.min(i + 1999, #stored)))
end
for i = 1, #ready, 2000 do
  call('LPUSH', queue, unpack(ready, i, math.min(i + 1999, #ready)))
end
return results
