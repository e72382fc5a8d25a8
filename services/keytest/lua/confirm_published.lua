-- The broker has these keys: they are looked at again only if nobody records them for long. Those
-- it does not have are due again at once.
-- KEYS: run, claimed, claims.
-- ARGV: id of the run, visibility in ms, how many are published, their numbers..., numbers of
-- those that are not...
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local published = tonumber(ARGV[3])
local looks = {}
for i = 4, #ARGV do
  looks[#looks + 1] = i - 3 <= published and now + ARGV[2] or now
  looks[#looks + 1] = ARGV[i]
end
-- What was recorded meanwhile is not pending any more.
redis.call('ZADD', KEYS[2], 'XX', unpack(looks))
if published > 0 then
  -- Counted only now: what no broker took says nothing against a key.
  local counted = {}
  for i, claim in ipairs(redis.call('HMGET', KEYS[3], unpack(ARGV, 4, 3 + published))) do
    if claim then
      local count, first = string.match(claim, '^(%d+) (%d+)')
      counted[#counted + 1] = ARGV[3 + i]
      counted[#counted + 1] = (count + 1) .. ' ' .. first
    end
  end
  if #counted > 0 then redis.call('HSET', KEYS[3], unpack(counted)) end
end
return published
