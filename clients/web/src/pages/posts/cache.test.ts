import { describe, expect, it } from 'vitest';
import { localRatio, percentileOf, redisRatio, slotOf, temperatureOf } from './cache';

const none = {
  local_hits: 0,
  list_hits: 0,
  list_misses: 0,
  object_hits: 0,
  object_misses: 0,
  bypassed: 0,
  audited: 0,
  mismatches: 0,
};

describe('caches', () => {
  it('have a hit ratio each, unknown before the first read', () => {
    const stats = {
      ...none,
      local_hits: 6,
      list_hits: 1,
      list_misses: 1,
      object_hits: 7,
      object_misses: 1,
    };
    expect(localRatio(stats)).toBe(0.75);
    expect(redisRatio(stats)).toBe(0.8);
    expect(localRatio(none)).toBeUndefined();
    expect(redisRatio(none)).toBeUndefined();
  });

  it('tell where a page came from, unless others read meanwhile', () => {
    expect(temperatureOf(none, { ...none, local_hits: 1 })).toBe('process');
    expect(temperatureOf(none, { ...none, list_hits: 1, object_hits: 50 })).toBe('Redis');
    expect(temperatureOf(none, { ...none, list_hits: 1, object_misses: 2 })).toBe('cold');
    expect(temperatureOf(none, { ...none, list_misses: 1 })).toBe('cold');
    expect(temperatureOf(none, { ...none, local_hits: 2 })).toBeUndefined();
    expect(temperatureOf(none, none)).toBeUndefined();
  });
});

describe('slotOf', () => {
  it('is CLUSTER KEYSLOT of the hash tag', () => {
    // As redis-cli -c cluster keyslot 'user:{1}:gen' and so on answers.
    expect([1, 42, 123456789].map(slotOf)).toEqual([9842, 8000, 12739]);
  });
});

describe('percentileOf', () => {
  it('is by nearest rank', () => {
    expect(percentileOf([3, 1, 2, 4], 0.5)).toBe(2);
    expect(percentileOf([3, 1, 2, 4], 1)).toBe(4);
    expect(percentileOf([], 0.5)).toBeUndefined();
  });
});
