-- Ends requests of the stream KEYS[1]: replies, acknowledges and deletes, in one step for each. ARGV:
-- group, consumer, then for each request: entry, delivery count, reply stream ('': discard it without
-- a reply), id, code, body (of code 0) or error message.
-- Returns for each: 1 done; 2 done, but its reply stream is gone or none, so nobody waits for the
-- reply; 0 refused: the entry is not this consumer's under that delivery any more.
--
-- The delivery count is the fencing token: it grows each time the entry is claimed, also when a
-- consumer claims from itself.
local call, stream, argv = redis.call, KEYS[1], ARGV
local group, consumer = argv[1], argv[2]
local results, done, seen = {}, {}, {}

-- Two commands for all: each costs this script, and the append-only file, more than what it does.
local function finish()
  if #done == 0 then return end
  call('XACK', stream, group, unpack(done))
  call('XDEL', stream, unpack(done))
end

for i = 3, #argv, 6 do
  local entry = argv[i]
  local pending = not seen[entry] and redis.pcall('XPENDING', stream, group, entry, entry, '1')
  pending = pending and not pending.err and pending[1]
  local result = 0
  if pending and pending[2] == consumer and pending[4] == tonumber(argv[i + 1]) then
    result = 1
    if argv[i + 2] ~= '' then
      local field = argv[i + 4] == '0' and 'body' or 'error'
      local replied = redis.pcall('XADD', argv[i + 2], 'NOMKSTREAM', '*', 'id', argv[i + 3], 'code',
        argv[i + 4], field, argv[i + 5], 'served_by', consumer)
      if type(replied) == 'table' then
        -- Another kind of key stays one; such as too little memory passes, so it is tried again.
        if not string.find(replied.err, 'WRONGTYPE', 1, true) then
          finish()
          return replied
        end
        replied = false
      end
      if not replied then result = 2 end
    end
    seen[entry] = true
    done[#done + 1] = entry
  end
  results[#results + 1] = result
end
finish()
return results
