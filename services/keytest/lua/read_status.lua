-- The counters of one moment. KEYS: run, deadlines, claimed, generated, consumed, dead, lateness.
-- Answers: the run as HGETALL gives it, generated, consumed, pending, dead, the lateness likewise.
return {redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[4]) or '0',
        redis.call('GET', KEYS[5]) or '0',
        redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[3]),
        redis.call('GET', KEYS[6]) or '0', redis.call('HGETALL', KEYS[7])}
