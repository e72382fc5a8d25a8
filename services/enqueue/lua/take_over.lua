-- Takes over from a worker whose connection is gone. ARGV: worker, the CLIENT ID that it had: when
-- it has come back with another, nothing is done. Returns {jobs made ready, jobs that died}.
if call('HGET', clients_key, ARGV[1]) ~= ARGV[2] then return {0, 0} end
local ready, died = take_over(ARGV[1], now_ms())
return {ready, died}
