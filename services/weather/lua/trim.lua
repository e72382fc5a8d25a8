-- Removes from the stream KEYS[1] what every group is done with and nobody deleted, such as entries
-- that another program acknowledged. Unread and pending entries stay, in whatever group. Returns how
-- many entries went.
local call, stream = redis.call, KEYS[1]

-- Ids compare as pairs of numbers, too large for one of Lua's.
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function less(a, b)
  local a_ms, a_seq = parts(a)
  local b_ms, b_seq = parts(b)
  if a_ms ~= b_ms then return a_ms < b_ms end
  return a_seq < b_seq
end

if call('EXISTS', stream) == 0 then return 0 end
local groups = call('XINFO', 'GROUPS', stream)
local keep_from
for _, group in ipairs(groups) do
  local name, last
  for i = 1, #group, 2 do
    if group[i] == 'name' then name = group[i + 1] end
    if group[i] == 'last-delivered-id' then last = group[i + 1] end
  end
  -- The first that this group still needs: its oldest pending entry, or the first after the last
  -- one that it was given.
  local first = call('XPENDING', stream, name)[2]
  if not first then
    local unread = call('XRANGE', stream, '(' .. last, '+', 'COUNT', 1)[1]
    if unread then
      first = unread[1]
    else
      local ms, seq = parts(last)
      first = string.format('%.0f-%.0f', ms, seq + 1)
    end
  end
  if not keep_from or less(first, keep_from) then keep_from = first end
end
if not keep_from then return 0 end
return call('XTRIM', stream, 'MINID', '=', keep_from)
