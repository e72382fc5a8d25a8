-- A page of jobs in one state. ARGV: state (ready, scheduled, retry, dead, held), page size, and where
-- the page starts: ready: an offset from the front of the line; scheduled, retry, dead: score and id
-- of the last job seen ('' for the first page); held: '' and the id of the last job seen.
-- Returns {id, stored, tries or '', time or worker, ...}. Work is bounded by the page, for held by
-- what all workers hold.
local state, size, after_score, after_id = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local result = {}

local function add(id, record, place)
  local tries = id ~= '' and call('HGET', tries_key, id) or ''
  local n = #result
  result[n + 1], result[n + 2], result[n + 3], result[n + 4] = id, record, tries or '', place
end

if state == 'ready' then
  local offset = tonumber(after_score)
  local entries = call('LRANGE', queue, -(offset + size), -(offset + 1))
  for i = #entries, 1, -1 do
    local id = string.sub(entries[i], 1, 4) == 'job:' and string.sub(entries[i], 5) or ''
    local record = id ~= '' and call('HGET', jobs_key, id)
    if record then add(id, record, '') else add('', 'R0000000000000' .. entries[i], '') end
  end
elseif state == 'held' then
  local all = {}
  for _, worker in ipairs(call('ZRANGE', workers_key, 0, -1)) do
    for _, id in ipairs(call('HKEYS', held_key(worker))) do
      if id > after_id then all[#all + 1] = {id, worker} end
    end
  end
  table.sort(all, function(a, b) return a[1] < b[1] end)
  for i = 1, math.min(size, #all) do
    add(all[i][1], call('HGET', jobs_key, all[i][1]) or '', all[i][2])
  end
else
  -- Newest first for the dead, next to run first for the others.
  local reverse = state == 'dead'
  local key = prefix .. state
  local start = 0
  if after_id ~= '' then
    local rank = call(reverse and 'ZREVRANK' or 'ZRANK', key, after_id)
    if rank then
      start = rank + 1
    elseif reverse then
      start = call('ZCOUNT', key, '(' .. after_score, '+inf')
    else
      start = call('ZCOUNT', key, '-inf', '(' .. after_score)
    end
  end
  local found = call(reverse and 'ZREVRANGE' or 'ZRANGE', key, start, start + size - 1, 'WITHSCORES')
  for i = 1, #found, 2 do
    add(found[i], call('HGET', jobs_key, found[i]) or '', found[i + 1])
  end
end
return result
