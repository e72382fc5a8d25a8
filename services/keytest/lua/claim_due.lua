-- Takes keys whose time has come, each for one claimer; who dies with it loses it to the next after
-- the visibility. How many are claimed and not recorded is bounded, so that the queue stays short
-- and what waits in it is not taken for lost.
-- KEYS: run, deadlines, claimed, claims.
-- ARGV: how many at most, visibility in ms, how many may be claimed, how many times a key is
-- published.
-- Answers: id of the run, ms until the next is due (-1: none is pending), then for each key its
-- number, when it was first due, and 1 when it is to be given up instead.
local run = redis.call('HMGET', KEYS[1], 'id', 'window')
if not run[1] then return {'', -1} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local later = now + ARGV[2]
local answer = {run[1], -1}
local looks = {}

-- Those of claimers who died, that the broker refused, or that got lost on their way.
local again = redis.call('ZRANGE', KEYS[3], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
if #again > 0 then
  for i, claim in ipairs(redis.call('HMGET', KEYS[4], unpack(again))) do
    local count, first = string.match(claim, '^(%d+) (%d+)')
    looks[#looks + 1] = later
    looks[#looks + 1] = again[i]
    answer[#answer + 1] = again[i]
    answer[#answer + 1] = first
    answer[#answer + 1] = tonumber(count) >= tonumber(ARGV[4]) and 1 or 0
  end
end

-- Expired is, by Redis' own rule, what is past its time: not what is at it.
local room = math.min(ARGV[1] - #again, ARGV[3] - redis.call('ZCARD', KEYS[3]))
if room > 0 then
  local due = redis.call('ZRANGE', KEYS[2], '-inf', '(' .. now, 'BYSCORE', 'LIMIT', 0, room,
                         'WITHSCORES')
  local claims = {}
  for i = 1, #due, 2 do
    local n, first = due[i], due[i + 1]
    -- Looking at the key makes Redis notice that it has expired, and tell so.
    redis.call('EXISTS', 'gen-key:' .. n)
    redis.call('SET', 'dedup:gen-key:' .. n, run[1], 'PX', run[2])
    looks[#looks + 1] = later
    looks[#looks + 1] = n
    claims[#claims + 1] = n
    claims[#claims + 1] = '0 ' .. first
    answer[#answer + 1] = n
    answer[#answer + 1] = first
    answer[#answer + 1] = 0
  end
  if #due > 0 then
    redis.call('HSET', KEYS[4], unpack(claims))
    redis.call('ZREMRANGEBYRANK', KEYS[2], 0, #due / 2 - 1)
  end
end
if #looks > 0 then redis.call('ZADD', KEYS[3], unpack(looks)) end

local next = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
local look = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
if next then answer[2] = math.max(0, next + 1 - now) end
if look and (not next or look - now < answer[2]) then answer[2] = math.max(0, look - now) end
return answer
