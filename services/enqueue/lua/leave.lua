-- A worker that ends and holds nothing any more. ARGV: worker. Returns 1, or 0 when it still holds
-- jobs: then its lease runs out and they are taken over.
if call('HLEN', held_key(ARGV[1])) > 0 then return 0 end
call('ZREM', workers_key, ARGV[1])
call('HDEL', clients_key, ARGV[1])
return 1
