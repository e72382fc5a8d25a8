-- Who may make a page that is missing, and the record to compare with when it is filled in.
-- KEYS: generation record, lease of the page. ARGV: token, lease in ms, lifetime of a record in ms.
-- Answers the record and 1 when the lease was granted, 0 when another has it.
local record = redis.call('GET', KEYS[1])
if not record then
  -- A state that nobody trusts; but a write that is announced from now on changes it.
  record = '0 0 ' .. ARGV[1]
  redis.call('SET', KEYS[1], record, 'PX', ARGV[3])
end
local granted = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return {record, granted and 1 or 0}
