-- Raises a user's generation. It stays with its stamp: who did not trust the record does not now.
-- KEYS: generation record. ARGV: generation, nonce, lifetime of a record in ms.
local record = redis.call('GET', KEYS[1])
local generation, stamp = string.match(record or '', '^(%d+) (%d+) ')
if generation and tonumber(generation) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. (stamp or '0') .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1
