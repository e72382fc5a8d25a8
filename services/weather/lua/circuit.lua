-- The order that the circuits of all instances follow, in the string KEYS[1]: "<version>
-- <isolate|reset>". ARGV: 'isolate' or 'reset' to give it; none to read it. Returns it, or '' when
-- there is none. Versions grow, so that who reads an older one late knows that it is older; they are
-- made of the time, so that they grow also past a loss of the data.
local call, key = redis.call, KEYS[1]
local now = call('GET', key) or ''
if not ARGV[1] then return now end
local time = call('TIME')
local version = time[1] * 1000000 + time[2]
local last = tonumber(string.match(now, '^%d+') or 0)
if version <= last then version = last + 1 end
local order = string.format('%.0f', version) .. ' ' .. ARGV[1]
call('SET', key, order)
return order
