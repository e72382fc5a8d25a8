-- Gives back what is reserved for an order and forgets the order. KEYS: inventory:<sku>,
-- reservation:<order>. ARGV: the time in ms of the decision that is meant. Returns 1, or 0 when
-- there is none or another one.
local inventory, reservation = KEYS[1], KEYS[2]
local known = redis.call('HMGET', reservation, 'state', 'qty', 'time', 'cancelled')
if not known[1] or (known[3] or known[4]) ~= ARGV[1] then return 0 end
if known[1] == 'reserved' then redis.call('INCRBY', inventory, known[2]) end
redis.call('DEL', reservation)
return 1
