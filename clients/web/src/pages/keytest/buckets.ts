import type { KeyTestStatus } from '../../api/types';

/** "≤ 1", "≤ 2", ..., "> 1000" (ms). Empty buckets are not there; the last one has no bound. */
export function labelsOf(buckets: KeyTestStatus['lateness']): string[] {
  return buckets.map(({ leMs }, i) => {
    if (leMs > 0 || (i === 0 && buckets.length > 1)) return `≤ ${leMs}`;
    const before = buckets[i - 1]?.leMs;
    return before === undefined ? 'beyond all bounds' : `> ${before}`;
  });
}
