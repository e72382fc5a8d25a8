import type { CacheStats } from '../../api/types';

function share(part: number, rest: number): number | undefined {
  return part + rest > 0 ? part / (part + rest) : undefined;
}

/** Of the pages that were read, those from the process' own cache. */
export function localRatio(stats: CacheStats): number | undefined {
  return share(stats.local_hits, stats.list_hits + stats.list_misses);
}

/** Of the lists and posts that Redis was asked for, those that it had. */
export function redisRatio(stats: CacheStats): number | undefined {
  return share(stats.list_hits + stats.object_hits, stats.list_misses + stats.object_misses);
}

export type Temperature = 'cold' | 'Redis' | 'process';

/** Where a page came from that was read between two looks; undefined when others read meanwhile. */
export function temperatureOf(before: CacheStats, after: CacheStats): Temperature | undefined {
  const local = after.local_hits - before.local_hits;
  const hits = after.list_hits - before.list_hits;
  const misses = after.list_misses - before.list_misses;
  if (local + hits + misses !== 1) return undefined;
  if (local) return 'process';
  return misses || after.object_misses > before.object_misses ? 'cold' : 'Redis';
}

/** CRC-16/XMODEM, by which a Redis Cluster spreads keys (cluster specification, appendix A). */
function crc16(text: string): number {
  let crc = 0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; ++bit) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc;
}

export const SLOTS = 16_384;

/** The slot of a key without a hash tag. */
export function slotOfKey(key: string): number {
  return crc16(key) % SLOTS;
}

/** The slot of all of a user's keys, whose hash tag is {<user id>}. */
export function slotOf(userId: number): number {
  return slotOfKey(String(userId));
}

/** The middle one, and the 99th of a hundred (nearest rank). */
export function percentileOf(values: number[], q: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}
