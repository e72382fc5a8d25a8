-- Takes the right to send the notifications of orders, under a lease.
-- KEYS: notifications (totals), then notification:<order> for each. ARGV: lease in ms, ms to
-- remember, then for each a token (for people who look at it).
-- Returns for each {'claimed', attempt, 1 if an earlier attempt may have sent it}, {'sent'} or
-- {'busy', ms until the lease ends}; or an error, which is this order's alone.
local totals, lease, keep_ms = KEYS[1], ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function claim(key, token)
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
  redis.call('HSET', key, 'status', 'claimed', 'token', token, 'leased_until', now + lease,
    'attempts', attempts)
  redis.call('PEXPIRE', key, keep_ms)
  return {'claimed', attempts, unknown}
end

local results = {}
for i = 2, #KEYS do
  local fine, result = pcall(claim, KEYS[i], ARGV[i + 1])
  results[i - 1] = fine and result or redis.error_reply(result)
end
return results
