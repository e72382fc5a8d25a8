-- Forgets consumers of the stream KEYS[1] on which nothing is pending. ARGV: group, idle time in ms
-- from which a consumer counts as gone, a consumer that is leaving (whatever its idle time) or ''.
-- Returns how many were forgotten. One with pending entries stays: deleting it would delete them.
local call, stream = redis.call, KEYS[1]
local group, min_idle, leaving = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, group)
if consumers.err then return 0 end
local gone = 0
for _, consumer in ipairs(consumers) do
  local info = {}
  for i = 1, #consumer, 2 do info[consumer[i]] = consumer[i + 1] end
  if info.pending == 0 and (info.name == leaving or info.idle > min_idle) then
    call('XGROUP', 'DELCONSUMER', stream, group, info.name)
    gone = gone + 1
  end
end
return gone
