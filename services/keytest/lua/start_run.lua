-- Begins a run unless one is going on. Keys and marks of the run before are left to expire: the id
-- of the run tells them apart.
-- KEYS: run, deadlines, claimed, claims, generated, consumed, dead, lateness.
-- ARGV: id, keys, delay, ttl, window (ms). Answers 1, or 0: one is going on.
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'generating' or state == 'draining' then return 0 end
redis.call('UNLINK', unpack(KEYS))
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'state', 'generating', 'keys', ARGV[2], 'delay', ARGV[3],
           'ttl', ARGV[4], 'window', ARGV[5],
           'started', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 5, 7 do redis.call('SET', KEYS[i], 0) end
return 1
