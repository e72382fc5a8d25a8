-- Which entries are not in the stream KEYS[1]. ARGV: entries. Returns those that are missing.
local missing = {}
for _, entry in ipairs(ARGV) do
  if #redis.call('XRANGE', KEYS[1], entry, entry) == 0 then missing[#missing + 1] = entry end
end
return missing
