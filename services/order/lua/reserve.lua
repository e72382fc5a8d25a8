-- Reserves the articles of orders, each once: what was decided first is answered ever after.
-- KEYS: for each order inventory:<sku>, reservation:<order>. ARGV: ms to remember, then for each
-- order sku, quantity. Returns for each {state, reason, time in ms}, where state is reserved,
-- rejected or cancelled; or an error, which is this order's alone.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Stock that was read or taken by this call: each is read once, and taken from once, at the end.
local stocks, taken = {}, {}
local function stock_of(inventory)
  if stocks[inventory] == nil then
    local text = redis.call('GET', inventory)
    stocks[inventory] = text and (tonumber(string.match(text, '^-?%d+$') or '') or 'no number')
      or 'unknown'
  end
  return stocks[inventory]
end

local function reserve(inventory, reservation, sku, quantity)
  local known = redis.call('HMGET', reservation, 'state', 'reason', 'time')
  if known[1] then return {known[1], known[2] or '', known[3] or '0'} end

  local stock, wanted = stock_of(inventory), tonumber(quantity)
  local state, reason = 'reserved', ''
  if stock == 'unknown' then
    state, reason = 'rejected', 'unknown sku'
  elseif stock == 'no number' then
    state, reason = 'rejected', 'the stock is not a number'
  elseif stock < wanted then
    state, reason = 'rejected', 'only ' .. math.max(stock, 0) .. ' in stock'
  end
  redis.call('HSET', reservation, 'state', state, 'reason', reason, 'time', now, 'sku', sku,
    'qty', quantity)
  redis.call('PEXPIRE', reservation, ARGV[1])
  if state == 'reserved' then
    stocks[inventory] = stock - wanted
    taken[inventory] = (taken[inventory] or 0) + wanted
  end
  return {state, reason, tostring(now)}
end

local results = {}
for i = 1, #KEYS, 2 do
  local fine, result = pcall(reserve, KEYS[i], KEYS[i + 1], ARGV[i + 1], ARGV[i + 2])
  results[#results + 1] = fine and result or redis.error_reply(result)
end
for inventory, quantity in pairs(taken) do redis.call('DECRBY', inventory, quantity) end
return results
