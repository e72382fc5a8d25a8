-- Forgets jobs that were done. ARGV: worker, then for each job: token, id. Returns the ids that the
-- worker no longer holds under that token: somebody else has them now, or they are done already.
local held = held_key(ARGV[1])
local ids = {}
for i = 3, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
local tokens = call('HMGET', held, unpack(ids))
local done, fenced = {}, {}
for i, id in ipairs(ids) do
  if tokens[i] == ARGV[i * 2] then done[#done + 1] = id else fenced[#fenced + 1] = id end
end
if #done > 0 then
  call('HDEL', held, unpack(done))
  call('HDEL', jobs_key, unpack(done))
  if call('EXISTS', tries_key) == 1 then call('HDEL', tries_key, unpack(done)) end
  call('HINCRBY', stats_key, 'processed', #done)
end
return fenced
