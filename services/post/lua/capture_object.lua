-- A post that can be trusted, or else a placeholder to compare with when it is filled in.
-- KEYS: post. ARGV: the node's incarnation, nonce, lifetime of a placeholder in ms.
local entry = redis.call('GET', KEYS[1])
local version, stamp, kind = string.match(entry or '', '^(%d+) (%d+) (%a)')
if kind == 'o' and stamp == ARGV[1] then return entry end
-- A placeholder may serve several. What only a list vouches for makes place for one: the same text
-- could come again after it was lost, which a comparison would not see.
if kind ~= 'p' then
  entry = (version or '0') .. ' 0 p' .. ARGV[2]
  redis.call('SET', KEYS[1], entry, 'PX', ARGV[3])
end
return entry
