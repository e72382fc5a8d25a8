-- The state of the stream of requests KEYS[1] and of one reply stream KEYS[2]. ARGV: group.
-- Returns {length, pending, lag, consumers, length of the reply stream}. Lag is what no worker has
-- taken: done entries are deleted at once, so it is what is neither pending nor gone.
local call = redis.call
local length = call('XLEN', KEYS[1])
local pending, consumers = 0, 0
if call('EXISTS', KEYS[1]) == 1 then
  for _, group in ipairs(call('XINFO', 'GROUPS', KEYS[1])) do
    local info = {}
    for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
    if info.name == ARGV[1] then pending, consumers = info.pending, info.consumers end
  end
end
return {length, pending, math.max(0, length - pending), consumers, call('XLEN', KEYS[2])}
