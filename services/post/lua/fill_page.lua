-- Puts a page in unless the user's posts were written to since the record was captured.
-- KEYS: generation record, page, lease of the page.
-- ARGV: captured record, new record, its generation and stamp ("G stamp "), page, lifetime of the
-- page in ms, lifetime of a record in ms, token of the lease, 1 to compare (0: an experiment).
local record = redis.call('GET', KEYS[1])
local same = record and string.sub(record, 1, #ARGV[3]) == ARGV[3]
if redis.call('GET', KEYS[3]) == ARGV[7] then redis.call('DEL', KEYS[3]) end
if not same then
  if record ~= ARGV[1] and ARGV[8] == '1' then return 0 end
  record = ARGV[2]
end
redis.call('SET', KEYS[1], record, 'PX', ARGV[6])
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
return 1
