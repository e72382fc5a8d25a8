-- Writes down that a notification was sent, which was forgotten. The totals knew of one that is not
-- there at all. KEYS: notification:<order>, notifications (totals). ARGV: sent_at in ms, ms to
-- remember. Returns 1, or 0 when it is written down.
local key, totals = KEYS[1], KEYS[2]
local status = redis.call('HGET', key, 'status')
if status == 'sent' then return 0 end
redis.call('HSET', key, 'status', 'sent', 'sent_at', ARGV[1])
redis.call('HDEL', key, 'token', 'leased_until')
redis.call('PEXPIRE', key, ARGV[2])
if status == 'claimed' then
  redis.call('HINCRBY', totals, 'claimed', -1)
  redis.call('HINCRBY', totals, 'sent', 1)
end
return 1
