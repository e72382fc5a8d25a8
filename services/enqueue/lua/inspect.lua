-- Finds one job. ARGV: id. Returns {stored, tries or '', state, time or worker}, or {} when there is
-- no such job. State: ready, scheduled, retry, dead, held.
local id = ARGV[1]
local record = call('HGET', jobs_key, id)
if not record then return {} end
local tries = call('HGET', tries_key, id) or ''
for _, name in ipairs({'scheduled', 'retry', 'dead'}) do
  local score = call('ZSCORE', prefix .. name, id)
  if score then return {record, tries, name, score} end
end
for _, worker in ipairs(call('ZRANGE', workers_key, 0, -1)) do
  if call('HEXISTS', held_key(worker), id) == 1 then return {record, tries, 'held', worker} end
end
return {record, tries, 'ready', ''}
