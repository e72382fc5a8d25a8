-- Gives a lease back, so that the next reader need not wait until it lapses.
-- KEYS: lease of the page. ARGV: token.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
