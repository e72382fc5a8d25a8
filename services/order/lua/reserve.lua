-- Reserves the articles of orders, each once: what was decided first is answered ever after.
-- KEYS: for each order inventory:<sku>, reservation:<order>. ARGV: ms to remember, then for each
-- order sku, quantity. Returns for each {state, reason, time in ms}, where state is reserved,
-- rejected or cancelled; or an error, which is this order's alone.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Only what Redis counts with, and Lua without loss, is a number; nil otherwise.
local function number(text)
  if #text > 16 or not (text == '0' or string.match(text, '^-?[1-9]%d*$')) then return nil end
  return tonumber(text)
end

local function reserve(inventory, reservation, sku, quantity)
  local known = redis.call('HMGET', reservation, 'state', 'reason', 'time')
  if known[1] then return {known[1], known[2] or '', known[3] or '0'} end

  local text = redis.call('GET', inventory)
  local stock = number(text or '')
  local state, reason = 'reserved', ''
  if not text then
    state, reason = 'rejected', 'unknown sku'
  elseif not stock then
    state, reason = 'rejected', 'the stock is not a number'
  elseif stock < tonumber(quantity) then
    state, reason = 'rejected', 'only ' .. math.max(stock, 0) .. ' in stock'
  else
    redis.call('DECRBY', inventory, quantity)
  end
  redis.call('HSET', reservation, 'state', state, 'reason', reason, 'time', now, 'sku', sku,
    'qty', quantity)
  redis.call('PEXPIRE', reservation, ARGV[1])
  return {state, reason, tostring(now)}
end

local results = {}
for i = 1, #KEYS, 2 do
  local fine, result = pcall(reserve, KEYS[i], KEYS[i + 1], ARGV[i + 1], ARGV[i + 2])
  results[#results + 1] = fine and result or redis.error_reply(result)
end
return results
