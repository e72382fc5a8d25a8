-- Counts one more call for each key. What is no number in the hash fails, alone.
-- KEYS: tally (HASH n -> calls). ARGV: numbers of the keys... Answers for each 1, or the error.
local answer = {}
for i, n in ipairs(ARGV) do
  local count = redis.pcall('HINCRBY', KEYS[1], n, 1)
  answer[i] = type(count) == 'number' and 1 or count.err
end
return answer
