-- Claims entries of the stream KEYS[1] that their consumers have been silent about. ARGV: group,
-- consumer, idle time in ms from which on, id to start from, how many.
-- Returns {id to start from next time (0-0: the end was reached), then for each entry: {id, delivery
-- count, fields}}. Claiming raises the delivery count, the fencing token. Entries that somebody
-- deleted leave the pending list.
local call, stream = redis.call, KEYS[1]
local group, consumer, from, want = ARGV[1], ARGV[2], ARGV[4], tonumber(ARGV[5])
local results = {from}
-- One XAUTOCLAIM looks at ten entries for each that it may claim: few, for a worker with one free
-- hand, among all those that other workers hold. So it goes on, but for a millisecond or so at most.
local looks = 3000
while want > 0 and looks > 0 do
  local claimed = redis.pcall('XAUTOCLAIM', stream, group, consumer, ARGV[3], from, 'COUNT', want)
  if claimed.err then return {'0-0'} end
  looks = looks - 10 * want
  from = claimed[1]
  results[1] = from
  for _, entry in ipairs(claimed[2]) do
    local pending = call('XPENDING', stream, group, entry[1], entry[1], 1)[1]
    results[#results + 1] = {entry[1], pending[4], entry[2]}
    want = want - 1
  end
  if from == '0-0' then break end
end
return results
