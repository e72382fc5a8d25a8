-- Records a failed run. ARGV: worker, token, id, reason, ms until the next run, max_attempts.
-- Returns 0 when the worker no longer holds the job, 1 when it will be run again, 2 when it is dead.
local held, id = held_key(ARGV[1]), ARGV[3]
if call('HGET', held, id) ~= ARGV[2] then return 0 end
local now = now_ms()
local attempts, crashes = read_tries(id)
attempts = attempts + 1
write_tries(id, attempts, crashes, ARGV[4])
call('HDEL', held, id)
call('HINCRBY', stats_key, 'failed', 1)
if attempts >= tonumber(ARGV[6]) then
  call('ZADD', dead_key, now, id)
  return 2
end
call('ZADD', prefix .. 'retry', now + ARGV[5], id)
return 1
