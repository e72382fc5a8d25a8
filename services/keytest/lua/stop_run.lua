-- Ends the writing of keys; what is pending stays so until it is consumed or the next run starts.
-- KEYS: run. Answers 1, or 0: no run is going on.
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'generating' and state ~= 'draining' then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'state', 'stopped',
           'ended', time[1] * 1000 + math.floor(time[2] / 1000))
return 1
