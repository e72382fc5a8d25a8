-- Reads what is known of orders. KEYS: reservation:<order>, notification:<order>, in turn.
-- Returns for each order {state, qty, sku, reason, time, cancelled, status, leased_until, sent_at}
-- with '' for what is not there.
local answer = {}
for i = 1, #KEYS, 2 do
  local trace = redis.call('HMGET', KEYS[i], 'state', 'qty', 'sku', 'reason', 'time', 'cancelled')
  local notice = redis.call('HMGET', KEYS[i + 1], 'status', 'leased_until', 'sent_at')
  for j = 1, 3 do trace[6 + j] = notice[j] end
  for j = 1, 9 do trace[j] = trace[j] or '' end
  answer[#answer + 1] = trace
end
return answer
