-- The counts of a queue: {ready, scheduled, retrying, dead, in flight, live workers, processed,
-- failed, paused, enqueue time of the next job in ms or 0, now in ms}.
local now = now_ms()
local in_flight, live = 0, 0
local workers = call('ZRANGE', workers_key, 0, -1, 'WITHSCORES')
for i = 1, #workers, 2 do
  in_flight = in_flight + call('HLEN', held_key(workers[i]))
  if tonumber(workers[i + 1]) > now then live = live + 1 end
end
local next_time = '0'
local entry = call('LINDEX', queue, -1)
if entry and string.sub(entry, 1, 4) == 'job:' then
  local record = call('HGET', jobs_key, string.sub(entry, 5))
  if record then next_time = string.sub(record, 2, 14) end
end
return {call('LLEN', queue), call('ZCARD', prefix .. 'scheduled'), call('ZCARD', prefix .. 'retry'),
        call('ZCARD', dead_key), in_flight, live, call('HGET', stats_key, 'processed') or 0,
        call('HGET', stats_key, 'failed') or 0, call('EXISTS', prefix .. 'paused'), next_time, now}
