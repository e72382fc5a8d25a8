-- Gives back what the worker holds without knowing it: claims whose answer was lost. ARGV: worker,
-- then token and id of each job that it knows of. Returns how many were given back.
local held = held_key(ARGV[1])
local known = {}
for i = 2, #ARGV, 2 do known[ARGV[i + 1]] = ARGV[i] end
local fields = call('HGETALL', held)
local lost = {}
for i = 1, #fields, 2 do
  if known[fields[i]] ~= fields[i + 1] then lost[#lost + 1] = fields[i] end
end
table.sort(lost)
for i = #lost, 1, -1 do
  call('HDEL', held, lost[i])
  call('RPUSH', queue, 'job:' .. lost[i])
  write_tries(lost[i], read_tries(lost[i]))
end
return #lost
