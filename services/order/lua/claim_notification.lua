-- Takes the right to send an order's notification, under a lease.
-- KEYS: notification:<order>, notifications (totals). ARGV: token (for people who look at it), lease
-- in ms, ms to remember.
-- Returns {'claimed', attempt, 1 if an earlier attempt may have sent it}, {'sent'} or
-- {'busy', ms until the lease ends}.
local key, totals = KEYS[1], KEYS[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local known = redis.call('HMGET', key, 'status', 'leased_until', 'attempts')
if known[1] == 'sent' then return {'sent'} end
local unknown = 0
if known[1] == 'claimed' then
  local left = tonumber(known[2]) - now
  if left > 0 then return {'busy', left} end
  unknown = 1
  redis.call('HINCRBY', totals, 'outcome_unknown', 1)
else
  redis.call('HINCRBY', totals, 'claimed', 1)
end
local attempts = (tonumber(known[3]) or 0) + 1
redis.call('HSET', key, 'status', 'claimed', 'token', ARGV[1], 'leased_until', now + ARGV[2],
  'attempts', attempts)
redis.call('PEXPIRE', key, ARGV[3])
return {'claimed', attempts, unknown}
