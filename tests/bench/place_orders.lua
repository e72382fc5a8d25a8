-- For wrk: POST /orders with ids that are used once.
-- Arguments: PREFIX of the ids, orders PER_SECOND over all connections (0: as many as can be),
-- POISON_EVERY so many (0: never), COUNT after which to stop (0: when wrk's time is up).
local ffi = require("ffi")
ffi.cdef [[
  struct timespec { long tv_sec; long tv_nsec; };
  int clock_gettime(int clock, struct timespec* now);
  int getpid(void);
  int kill(int pid, int signal);
]]

local time = ffi.new("struct timespec")
local function now_ms()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.tv_sec) * 1000 + tonumber(time.tv_nsec) / 1e6
end

local threads, placed, answered, due = 0, 0, 0, nil
local prefix, poison_every

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

-- wrk asks for `delay` and `response` after this, and does without them when they are not there.
function init(arguments)
  prefix = arguments[1] .. "-" .. number .. "-"
  local per_second = tonumber(arguments[2])
  poison_every = tonumber(arguments[3])
  local count = tonumber(arguments[4])
  if per_second > 0 then
    -- One timetable for all connections, so that slow answers do not slow the pace. After a stall
    -- not everything that was missed comes at once.
    function delay()
      local now = now_ms()
      due = math.max((due or now) + 1000 / per_second, now - 100)
      return math.max(0, due - now)
    end
  end
  if count > 0 then
    function response()
      answered = answered + 1
      -- As by Ctrl-C: thread:stop() would end the thread, but wrk would sleep till its time is up.
      if answered == count then ffi.C.kill(ffi.C.getpid(), 2) end
    end
  end
end

function request()
  placed = placed + 1
  local poison = poison_every > 0 and placed % poison_every == 0
  local body = string.format('{"id":"%s%d","sku":"%s","qty":2}', prefix, placed,
    poison and "poison" or "mag-safe-phone-case")
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %.0f %.0f\n", summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
