-- Puts a post in unless it was written to since it was captured.
-- KEYS: post. ARGV: captured entry, new entry, lifetime in ms.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
