-- Writes down a decision that was forgotten, and leaves the stock as it is. KEYS:
-- reservation:<order>. ARGV: ms to remember, then fields and values. Returns 1, or 0 when
-- something is there.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
