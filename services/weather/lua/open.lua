-- Makes sure that the reply stream KEYS[1] is there and lives on for ARGV[1] ms. Returns {1 if it was
-- made now, the last id in it, this server's time in ms}. Workers never make one: replies to an
-- instance that is gone are dropped.
local call, stream = redis.call, KEYS[1]
local created = 0
if call('EXISTS', stream) == 0 then
  call('XGROUP', 'CREATE', stream, 'none', '$', 'MKSTREAM')
  call('XGROUP', 'DESTROY', stream, 'none')
  created = 1
end
call('PEXPIRE', stream, ARGV[1])
local info, last = call('XINFO', 'STREAM', stream), '0-0'
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then last = info[i + 1] end
end
local time = call('TIME')
return {created, last, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))}
