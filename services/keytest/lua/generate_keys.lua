-- Writes the next keys of the run together with their deadlines, which are the truth about what is
-- pending, and counts them. The n-th key belongs to the moment n * delay after the start; what is
-- late is caught up with. One process at a time does it: the holder of the lease.
-- KEYS: run, deadlines, generated, lease.
-- ARGV: who asks, lease in ms, how many keys at most, channel that tells sweepers to look.
-- Answers how many were written, and when to ask again, in ms; -1: no run is being generated;
-- -2: another process generates.
local run = redis.call('HMGET', KEYS[1], 'id', 'state', 'keys', 'delay', 'ttl', 'started')
if run[2] ~= 'generating' then return {0, -1} end
local holder = redis.call('GET', KEYS[4])
if holder and holder ~= ARGV[1] then return {0, -2} end
redis.call('SET', KEYS[4], ARGV[1], 'PX', ARGV[2])
local keys, delay, started = tonumber(run[3]), tonumber(run[4]), tonumber(run[6])
local written = tonumber(redis.call('GET', KEYS[3]) or '0')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = math.min(written + tonumber(ARGV[3]), keys)
if delay > 0 then last = math.min(last, math.floor((now - started) / delay)) end
if last > written then
  local due = now + run[5]
  local none = redis.call('ZCARD', KEYS[2]) == 0
  local members = {}
  for n = written + 1, last do
    redis.call('SET', 'gen-key:' .. n, run[1], 'PXAT', due)
    members[#members + 1] = due
    members[#members + 1] = n
  end
  redis.call('ZADD', KEYS[2], unpack(members))
  redis.call('INCRBY', KEYS[3], last - written)
  -- Sweepers that know of nothing pending look seldom.
  if none then redis.call('PUBLISH', ARGV[4], due) end
  if last == keys then
    redis.call('HSET', KEYS[1], 'state', 'draining')
    return {last - written, -1}
  end
end
return {math.max(0, last - written), math.max(0, started + (last + 1) * delay - now)}
