-- Takes up to `want` ready jobs for a worker. ARGV: worker, want (at most 1,000), the first 32
-- characters of a UUID for texts that somebody pushed, how many jobs the worker holds by now.
-- Returns {token, id, stored, tries or '', ...}, or {} when there is nothing to take, {0} when the
-- next job is given only to a worker that holds nothing, {-1} when the worker has no lease.
--
-- Jobs that were in the hands of a worker when it died may have killed it. They are handed out a few
-- at a time after the first death and each alone after the second, so that the one that kills does
-- not take its neighbours into the dead list with it.
local worker, want, id_base, holds = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local max_suspects = 32

if not call('ZSCORE', workers_key, worker) then return {-1} end
if call('EXISTS', prefix .. 'paused') == 1 then return {} end
local entries = call('RPOP', queue, want)
if not entries then return {} end

local ids = {}
for i, entry in ipairs(entries) do
  ids[i] = string.sub(entry, 1, 4) == 'job:' and string.sub(entry, 5) or ''
end
local records = call('HMGET', jobs_key, unpack(ids))
local tries = {}
local take = #entries
if call('EXISTS', tries_key) == 1 then
  tries = call('HMGET', tries_key, unpack(ids))
  local suspects = 0
  for i = 1, #entries do
    local crashes = tries[i] and tonumber(string.match(tries[i], '^%d+ (%d+)')) or 0
    if crashes >= 2 then
      take = (i == 1 and holds == 0) and 1 or i - 1
      break
    end
    if crashes == 1 then suspects = suspects + 1 end
    if suspects > max_suspects then
      take = i - 1
      break
    end
  end
  for i = #entries, take + 1, -1 do call('RPUSH', queue, entries[i]) end
end
if take == 0 then return {0} end

local token = call('INCR', prefix .. 'token')
local result, held = {token}, {}
for i = 1, take do
  local id, record = ids[i], records[i]
  if not record then
    -- Not one of ours: the text is the message. It gets an id and is kept like any other job.
    id = id_base .. string.format('%04x', i)
    record = 'R' .. string.format('%013d', now_ms()) .. entries[i]
    call('HSET', jobs_key, id, record)
  end
  held[i * 2 - 1], held[i * 2] = id, token
  result[i * 3 - 1], result[i * 3], result[i * 3 + 1] = id, record, tries[i] or ''
end
call('HSET', held_key(worker), unpack(held))
return result
