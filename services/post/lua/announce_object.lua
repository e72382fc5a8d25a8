-- Forgets what is older than this version of a post, which is the deletion's for a deleted one.
-- KEYS: post. ARGV: version, nonce, lifetime of a placeholder in ms.
local entry = redis.call('GETRANGE', KEYS[1], 0, 20)
local version = tonumber(string.match(entry, '^(%d+) '))
if version and version >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' 0 p' .. ARGV[2], 'PX', ARGV[3])
return 1
