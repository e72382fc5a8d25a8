-- Writes down that notifications were sent. Whoever lost the claim meanwhile may say so too: it was
-- sent, so nobody needs to send it again. KEYS: notifications (totals), then notification:<order>
-- for each. ARGV: ms to remember. Returns for each 1, or 0 when it was written down before; or an
-- error, which is this order's alone.
local totals, keep_ms = KEYS[1], ARGV[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local recorded = 0
local function record(key)
  local status = redis.call('HGET', key, 'status')
  if status == 'sent' then return 0 end
  redis.call('HSET', key, 'status', 'sent', 'sent_at', now)
  redis.call('HDEL', key, 'token', 'leased_until')
  -- The claim has set it, a moment ago, where there is one.
  if not status then redis.call('PEXPIRE', key, keep_ms) end
  recorded = recorded + 1
  return 1
end

local results = {}
for i = 2, #KEYS do
  local fine, result = pcall(record, KEYS[i])
  results[i - 1] = fine and result or redis.error_reply(result)
end
if recorded > 0 then
  redis.call('HINCRBY', totals, 'claimed', -recorded)
  redis.call('HINCRBY', totals, 'sent', recorded)
end
return results
