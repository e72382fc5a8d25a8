-- In front of every script of this folder but enqueue.lua, the hot one. KEYS[1] is the queue's name, which is also the key of its
-- list of ready jobs; all other keys carry it as their hash tag, so a queue is one slot.
--
--   <queue>            list    ready: "job:<id>", or the text of a message that somebody pushed;
--                              the right end is next to run
--   {queue}:jobs       hash    id -> stored job (stored_job.h): every unfinished job but those texts
--   {queue}:scheduled  zset    id by the time it becomes ready; {queue}:retry likewise
--   {queue}:dead       zset    id by the time it died
--   {queue}:tries      hash    id -> "<failed runs> <crashes> <last error>", for every job that a
--                              worker had before: it may have been run, wholly or in part
--   {queue}:workers    zset    worker by the time its lease ends
--   {queue}:clients    hash    worker -> CLIENT ID of its connection
--   {queue}:beats      hash    the heartbeats of all workers: "last", when; "run", of which run of
--                              Redis; "since", since when they have come without a pause
--   {queue}:held:<w>   hash    id -> fencing token, for each job that worker w holds
--   {queue}:token      string  the last fencing token
--   {queue}:unique:<k> string  id of the first job under unique key k
--   {queue}:stats      hash    processed, failed
--   {queue}:paused     string  exists while the queue is paused
--
-- Times are milliseconds of this server's clock, the only clock that decides about leases.
local queue = KEYS[1]
local prefix = '{' .. queue .. '}:'
local jobs_key = prefix .. 'jobs'
local tries_key = prefix .. 'tries'
local dead_key = prefix .. 'dead'
local workers_key = prefix .. 'workers'
local clients_key = prefix .. 'clients'
local beats_key = prefix .. 'beats'
local stats_key = prefix .. 'stats'
local call = redis.call

-- A job that was in the hands of this many workers when they died is dead.
local max_crashes = 3

local function now_ms()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function held_key(worker)
  return prefix .. 'held:' .. worker
end

local function read_tries(id)
  local text = call('HGET', tries_key, id)
  if not text then return 0, 0, '' end
  local attempts, crashes, reason = string.match(text, '^(%d+) (%d+) (.*)$')
  return tonumber(attempts), tonumber(crashes), reason
end

local function write_tries(id, attempts, crashes, reason)
  call('HSET', tries_key, id, attempts .. ' ' .. crashes .. ' ' .. reason)
end

-- Gives back what a dead worker held, oldest first in line, and forgets the worker. Returns how
-- many jobs became ready and how many died.
local function take_over(worker, now)
  local ids = call('HKEYS', held_key(worker))
  table.sort(ids)
  local ready, died = 0, 0
  for i = #ids, 1, -1 do
    local attempts, crashes, reason = read_tries(ids[i])
    crashes = crashes + 1
    if crashes >= max_crashes then
      reason = 'its worker died or stopped ' .. crashes .. ' times while running it'
      call('ZADD', dead_key, now, ids[i])
      died = died + 1
    else
      call('RPUSH', queue, 'job:' .. ids[i])
      ready = ready + 1
    end
    write_tries(ids[i], attempts, crashes, reason)
  end
  call('DEL', held_key(worker))
  call('ZREM', workers_key, worker)
  call('HDEL', clients_key, worker)
  return ready, died
end
