-- Writes requests to the stream KEYS[1]. ARGV: how many entries it may hold, the reply stream, then
-- for each request: id, time until its deadline in ms, body, traceparent, request id.
-- Returns for each the id of its entry, or false where the stream is full.
-- The deadline that goes with a request is by this server's clock, the only one that workers ask.
local call, stream, argv = redis.call, KEYS[1], ARGV
local room = tonumber(argv[1]) - call('XLEN', stream)
local reply = argv[2]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local results = {}
for i = 3, #argv, 5 do
  local entry = false
  if room > 0 then
    room = room - 1
    entry = call('XADD', stream, '*', 'id', argv[i], 'deadline',
      string.format('%.0f', now + argv[i + 1]), 'reply', reply, 'body', argv[i + 2], 'traceparent',
      argv[i + 3], 'request_id', argv[i + 4])
  end
  results[#results + 1] = entry
end
return results
