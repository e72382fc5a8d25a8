-- Says that a consumer is at work on entries of the stream KEYS[1], so that nobody claims them. ARGV:
-- group, consumer, then for each: entry, delivery count. Returns how many are not its any more.
-- JUSTID leaves the delivery count, the fencing token, as it is.
local call, stream, argv = redis.call, KEYS[1], ARGV
local group, consumer = argv[1], argv[2]
local lost = 0
for i = 3, #argv, 2 do
  local entry = argv[i]
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)
  pending = not pending.err and pending[1]
  if pending and pending[2] == consumer and pending[4] == tonumber(argv[i + 1]) then
    call('XCLAIM', stream, group, consumer, 0, entry, 'JUSTID')
  else
    lost = lost + 1
  end
end
return lost
