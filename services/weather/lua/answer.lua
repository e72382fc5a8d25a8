-- Ends requests of the stream KEYS[1]: replies, acknowledges and deletes, in one step for each. ARGV:
-- group, consumer, then for each request: entry, delivery count, reply stream ('': discard it without
-- a reply), id, code, body (of code 0) or error message.
-- Returns for each: 1 done; 2 done, but its reply stream is gone or none, so nobody waits for the
-- reply; 0 refused: the entry is not this consumer's under that delivery any more.
--
-- Replies are neither in the append-only file nor at replicas: each goes to its reader in this turn of
-- the server, and one that was not read when the server died is a lost request (missing.lua), which is
-- made again.
--
-- The delivery count is the fencing token: it grows each time the entry is claimed, also when a
-- consumer claims from itself.
local call, stream, argv = redis.call, KEYS[1], ARGV
local group, consumer = argv[1], argv[2]
local results, done = {}, {}

-- Delivery counts of what the consumer holds. Requests are mostly answered in the order in which they
-- came, so one look at the range from the first to the last finds most of them.
local held = {}
local function look(first, last, count)
  local pending = redis.pcall('XPENDING', stream, group, first, last, count, consumer)
  if pending.err then return end
  for _, entry in ipairs(pending) do held[entry[1]] = entry[4] end
end
if #argv > 8 then look(argv[3], argv[#argv - 5], (#argv - 2) / 6) end

-- Two commands for all: each costs this script, and the append-only file, more than what it does.
local function finish()
  if #done == 0 then return end
  redis.set_repl(redis.REPL_ALL)
  call('XACK', stream, group, unpack(done))
  call('XDEL', stream, unpack(done))
end

redis.set_repl(redis.REPL_NONE)
for i = 3, #argv, 6 do
  local entry = argv[i]
  if not held[entry] then look(entry, entry, '1') end
  local result = 0
  if held[entry] == tonumber(argv[i + 1]) then
    result = 1
    if argv[i + 2] ~= '' then
      local reply, id, code, text = argv[i + 2], argv[i + 3], argv[i + 4], argv[i + 5]
      local replied
      if code == '0' then
        replied = redis.pcall('XADD', reply, 'NOMKSTREAM', '*', 'id', id, 'body', text, 'served_by',
          consumer)
      else
        replied = redis.pcall('XADD', reply, 'NOMKSTREAM', '*', 'id', id, 'code', code, 'error', text,
          'served_by', consumer)
      end
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
    held[entry] = 0 -- not twice
    done[#done + 1] = entry
  end
  results[#results + 1] = result
end
finish()
return results
