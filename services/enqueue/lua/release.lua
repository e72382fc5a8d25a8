-- Gives jobs back that were not done, to the front of the line, with a mark that they may have been
-- run in part. ARGV: worker, then for each job:
-- token, id. Returns how many were given back.
local held = held_key(ARGV[1])
local released = 0
for i = #ARGV - 1, 2, -2 do
  if call('HGET', held, ARGV[i + 1]) == ARGV[i] then
    call('HDEL', held, ARGV[i + 1])
    call('RPUSH', queue, 'job:' .. ARGV[i + 1])
    write_tries(ARGV[i + 1], read_tries(ARGV[i + 1]))
    released = released + 1
  end
end
return released
