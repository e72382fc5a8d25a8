-- Gives back entries of the stream KEYS[1] that were not done: to whoever claims next, at once. ARGV:
-- group, consumer, then for each: entry, delivery count. Returns how many were given back.
local call, stream, argv = redis.call, KEYS[1], ARGV
local group, consumer = argv[1], argv[2]
local a_day = 24 * 3600 * 1000
local released = 0
for i = 3, #argv, 2 do
  local entry = argv[i]
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)
  pending = not pending.err and pending[1]
  if pending and pending[2] == consumer and pending[4] == tonumber(argv[i + 1]) then
    call('XCLAIM', stream, group, consumer, 0, entry, 'IDLE', a_day, 'JUSTID')
    released = released + 1
  end
end
return released
