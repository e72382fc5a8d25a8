-- Reserves the articles of an order, once: what was decided first is answered ever after.
-- KEYS: inventory:<sku>, reservation:<order>. ARGV: sku, quantity, ms to remember.
-- Returns {state, reason, time in ms}: state is reserved, rejected or cancelled.
local inventory, reservation = KEYS[1], KEYS[2]
local sku, quantity, keep_ms = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local known = redis.call('HMGET', reservation, 'state', 'reason', 'time')
if known[1] then return {known[1], known[2] or '', known[3] or '0'} end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local text = redis.call('GET', inventory)
local stock = tonumber(string.match(text or '', '^-?%d+$') or '')
local state, reason = 'reserved', ''
if not text then
  state, reason = 'rejected', 'unknown sku'
elseif not stock then
  state, reason = 'rejected', 'the stock is not a number'
elseif stock < quantity then
  state, reason = 'rejected', 'only ' .. math.max(stock, 0) .. ' in stock'
else
  redis.call('DECRBY', inventory, ARGV[2])
end
redis.call('HSET', reservation, 'state', state, 'reason', reason, 'time', now, 'sku', sku,
  'qty', ARGV[2])
redis.call('PEXPIRE', reservation, keep_ms)
return {state, reason, tostring(now)}
