-- What was done for keys, once for each: only what is still pending counts.
-- KEYS: run, deadlines, claimed, claims, consumed, lateness.
-- ARGV: id of the run, list that gets the number of every key that counts ('': none), how many
-- bounds, bounds of the lateness in ms..., then for each key its number and when it was due.
-- Answers how late each key was in ms, or -1 where it does not count.
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bounds, numbers = {}, {}
for i = 4, 3 + ARGV[3] do bounds[#bounds + 1] = tonumber(ARGV[i]) end
local first = 4 + #bounds
for i = first, #ARGV, 2 do numbers[#numbers + 1] = ARGV[i] end
local seen, consumed, late, answer = {}, {}, {}, {}
for i, look in ipairs(redis.call('ZMSCORE', KEYS[3], unpack(numbers))) do
  local n = numbers[i]
  answer[i] = -1
  if look and not seen[n] then
    seen[n] = true
    consumed[#consumed + 1] = n
    local ms = math.max(0, now - ARGV[first + 2 * i - 1])
    answer[i] = ms
    local bucket = 0
    for _, bound in ipairs(bounds) do
      if ms <= bound then
        bucket = bound
        break
      end
    end
    late[bucket] = (late[bucket] or 0) + 1
  end
end
if #consumed > 0 then
  redis.call('ZREM', KEYS[3], unpack(consumed))
  redis.call('HDEL', KEYS[4], unpack(consumed))
  redis.call('INCRBY', KEYS[5], #consumed)
  for bucket, count in pairs(late) do redis.call('HINCRBY', KEYS[6], bucket, count) end
  if ARGV[2] ~= '' then redis.call('RPUSH', ARGV[2], unpack(consumed)) end
  if redis.call('ZCARD', KEYS[3]) == 0 and redis.call('ZCARD', KEYS[2]) == 0 and
      redis.call('HGET', KEYS[1], 'state') == 'draining' then
    redis.call('HSET', KEYS[1], 'state', 'done', 'ended', now)
  end
end
return answer
