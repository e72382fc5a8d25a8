-- Writes down that a notification was sent. Whoever lost the claim meanwhile may say so too: it was
-- sent, so nobody needs to send it again. KEYS: notification:<order>, notifications (totals).
-- ARGV: ms to remember. Returns 1, or 0 when it was written down before.
local key, totals = KEYS[1], KEYS[2]
if redis.call('HGET', key, 'status') == 'sent' then return 0 end
local clock = redis.call('TIME')
redis.call('HSET', key, 'status', 'sent', 'sent_at', clock[1] * 1000 + math.floor(clock[2] / 1000))
redis.call('HDEL', key, 'token', 'leased_until')
redis.call('PEXPIRE', key, ARGV[1])
redis.call('HINCRBY', totals, 'claimed', -1)
redis.call('HINCRBY', totals, 'sent', 1)
return 1
