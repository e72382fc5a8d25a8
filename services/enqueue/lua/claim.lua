-- Takes up to `want` ready jobs for a worker. ARGV: worker, want (at most 1,000), the first 32
-- characters of a UUID for texts that somebody pushed, how many jobs the worker holds by now, and how
-- many bytes it may take (the first job may be larger).
-- Returns {token, id, stored, tries or '', ...}, or {} when there is nothing to take, {0} when the
-- next job is given only to a worker that holds less, {-1} when the worker has no lease.
--
-- Jobs that were in the hands of a worker when it died may have killed it. They are handed out a few
-- at a time after the first death and each alone after the second, so that the one that kills does
-- not take its neighbours into the dead list with it.
local worker, want, id_base = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local holds, bytes_left = tonumber(ARGV[4]), tonumber(ARGV[5])
local max_suspects = 32
local chunk = 128 -- bounds what is read in vain when the bytes are used up

if not call('ZSCORE', workers_key, worker) then return {-1} end
if call('EXISTS', prefix .. 'paused') == 1 then return {} end

local any_tries = call('EXISTS', tries_key) == 1
local token, suspects, taken, stop = 0, 0, 0, false
local result, held = {0}, {}

-- How many of the chunk, which follows `taken` others, may be handed out.
local function take_of(entries, records, tries)
  for i = 1, #entries do
    local crashes = tries[i] and tonumber(string.match(tries[i], '^%d+ (%d+)')) or 0
    if crashes >= 2 then
      -- Alone, and nothing after it.
      if taken + i == 1 and holds == 0 then return 1 end
      return i - 1
    end
    if crashes == 1 then suspects = suspects + 1 end
    bytes_left = bytes_left - #(records[i] or entries[i])
    local crowded = crashes == 1 and holds + taken + i > max_suspects
    if suspects > max_suspects or crowded or (bytes_left < 0 and taken + i > 1) then return i - 1 end
  end
  return #entries
end

while taken < want and not stop do
  local entries = call('RPOP', queue, math.min(chunk, want - taken))
  if not entries then break end
  local ids = {}
  for i, entry in ipairs(entries) do
    ids[i] = string.sub(entry, 1, 4) == 'job:' and string.sub(entry, 5) or ''
  end
  local records = call('HMGET', jobs_key, unpack(ids))
  local tries = any_tries and call('HMGET', tries_key, unpack(ids)) or {}
  local take = take_of(entries, records, tries)
  stop = take < #entries
  for i = #entries, take + 1, -1 do call('RPUSH', queue, entries[i]) end
  if take > 0 and token == 0 then token = call('INCR', prefix .. 'token') end
  for i = 1, take do
    taken = taken + 1
    local id, record = ids[i], records[i]
    if not record then
      -- Not one of ours: the text is the message. It gets an id and is kept like any other job.
      id = id_base .. string.format('%04x', taken)
      record = 'R' .. string.format('%013d', now_ms()) .. entries[i]
      call('HSET', jobs_key, id, record)
    end
    held[taken * 2 - 1], held[taken * 2] = id, token
    result[taken * 3 - 1], result[taken * 3], result[taken * 3 + 1] = id, record, tries[i] or ''
  end
end
if taken == 0 then return stop and {0} or {} end
result[1] = token
call('HSET', held_key(worker), unpack(held))
return result
