-- Writes requests to the stream KEYS[1]. ARGV: how many entries it may hold, the reply stream, the
-- time by this server's clock at which they were sent at the latest ('' if not known), then for each
-- request: id, time until its deadline in ms, body, trace (traceparent, a space, request id).
-- Returns {this server's time in ms, then for each the id of its entry, or false where the stream is
-- full}; an error that starts with NOREPLIES when the reply stream is gone, since answers would be
-- dropped.
-- The deadline that goes with a request is by this server's clock, the only one that workers ask. It
-- counts from when the request was sent, however long this server took to get to it.
local call, stream, argv = redis.call, KEYS[1], ARGV
local reply = argv[2]
if call('EXISTS', reply) == 0 then
  return redis.error_reply('NOREPLIES the reply stream is gone')
end
local room = tonumber(argv[1]) - call('XLEN', stream)
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sent = math.min(now, tonumber(argv[3]) or now)
local results = {string.format('%.0f', now)}
-- Requests of one batch have much the same time, and to write down a number takes long.
local left, deadline
for i = 4, #argv, 4 do
  local entry = false
  if room > 0 then
    room = room - 1
    if argv[i + 1] ~= left then
      left = argv[i + 1]
      deadline = string.format('%.0f', sent + left)
    end
    entry = call('XADD', stream, '*', 'id', argv[i], 'deadline', deadline, 'reply', reply, 'body',
      argv[i + 2], 'trace', argv[i + 3])
  end
  results[#results + 1] = entry
end
return results
