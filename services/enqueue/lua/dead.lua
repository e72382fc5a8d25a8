-- Retries or deletes dead jobs. ARGV: retry or purge, then ids (none: the 1,000 that died first).
-- Returns how many.
local ids = {}
for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
if #ids == 0 then ids = call('ZRANGE', dead_key, 0, 999) end
local count = 0
for _, id in ipairs(ids) do
  if call('ZREM', dead_key, id) == 1 then
    if ARGV[1] == 'retry' then
      write_tries(id, 0, 0, '')
      call('LPUSH', queue, 'job:' .. id)
    else
      call('HDEL', jobs_key, id)
      call('HDEL', tries_key, id)
    end
    count = count + 1
  end
end
return count
