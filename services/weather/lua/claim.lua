-- Claims entries of the stream KEYS[1] that their consumers have been silent about. ARGV: group,
-- consumer, idle time in ms from which on, id to start from, how many.
-- Returns {id to start from next time, then for each entry: {id, delivery count, fields}}. Claiming
-- raises the delivery count, the fencing token. Entries that somebody deleted leave the pending list.
local call, stream = redis.call, KEYS[1]
local group, consumer = ARGV[1], ARGV[2]
local claimed = redis.pcall('XAUTOCLAIM', stream, group, consumer, ARGV[3], ARGV[4], 'COUNT', ARGV[5])
if claimed.err then return {'0-0'} end
local results = {claimed[1]}
for _, entry in ipairs(claimed[2]) do
  local pending = call('XPENDING', stream, group, entry[1], entry[1], 1)[1]
  results[#results + 1] = {entry[1], pending[4], entry[2]}
end
return results
