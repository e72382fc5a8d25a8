-- Keys that are given up; what was recorded meanwhile is not.
-- KEYS: run, deadlines, claimed, claims, dead. ARGV: id of the run, numbers of the keys...
-- Answers how many counted.
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
local dead = redis.call('ZREM', KEYS[3], unpack(ARGV, 2))
if dead > 0 then
  redis.call('HDEL', KEYS[4], unpack(ARGV, 2))
  redis.call('INCRBY', KEYS[5], dead)
  if redis.call('ZCARD', KEYS[3]) == 0 and redis.call('ZCARD', KEYS[2]) == 0 and
      redis.call('HGET', KEYS[1], 'state') == 'draining' then
    local time = redis.call('TIME')
    redis.call('HSET', KEYS[1], 'state', 'done',
               'ended', time[1] * 1000 + math.floor(time[2] / 1000))
  end
end
return dead
