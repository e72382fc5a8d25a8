-- Remembers orders for a while. KEYS: idemp:<order> for each. ARGV: seconds to remember.
for _, key in ipairs(KEYS) do redis.call('SET', key, '1', 'EX', ARGV[1]) end
return #KEYS
