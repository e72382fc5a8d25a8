-- Puts a post in for those who know its version from a list, unless there is one as new.
-- KEYS: post. ARGV: version, entry, lifetime in ms.
local entry = redis.call('GETRANGE', KEYS[1], 0, 50)
local version, kind = string.match(entry, '^(%d+) %d+ (%a)')
version = tonumber(version or -1)
local wanted = tonumber(ARGV[1])
if version > wanted or (version == wanted and kind == 'o') then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
