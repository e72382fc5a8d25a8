-- Cancels an order: gives back what it reserved, once. One that was not reserved yet will not be.
-- KEYS: inventory:<sku>, reservation:<order>. ARGV: sku, ms to remember.
-- Returns {outcome, time in ms}: released (now or before), unreserved (cancelled before it was
-- reserved) or rejected.
local inventory, reservation = KEYS[1], KEYS[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local known = redis.call('HMGET', reservation, 'state', 'qty', 'cancelled', 'time')
local state = known[1]
if state == 'rejected' then return {'rejected', known[4]} end
if state == 'cancelled' then return {known[2] and 'released' or 'unreserved', known[3]} end
if state == 'reserved' then redis.call('INCRBY', inventory, known[2]) end
redis.call('HSET', reservation, 'state', 'cancelled', 'cancelled', now)
redis.call('PEXPIRE', reservation, ARGV[2])
return {state == 'reserved' and 'released' or 'unreserved', tostring(now)}
