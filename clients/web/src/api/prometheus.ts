// Prometheus' text format 0.0.4 and what one reads from it.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Record<string, string> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

function toNumber(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(LABEL)) {
    labels[name!] = value!.replace(/\\[n"\\]/g, (escape) => ESCAPES[escape]!);
  }
  return labels;
}

/** All samples; lines that are none (comments, blanks, what is broken) are left out. */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (!line || line.startsWith('#')) continue;
    const open = line.indexOf('{');
    // A label's value may hold a brace, the value and the time stamp after them cannot.
    const close = open < 0 ? -1 : line.lastIndexOf('}');
    const name = open < 0 ? line.split(/\s/, 1)[0]! : line.slice(0, open);
    const rest = line.slice(open < 0 ? name.length : close + 1).trim();
    const value = toNumber(rest.split(/\s+/)[0] ?? '');
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) || rest === '' || Number.isNaN(value)) continue;
    samples.push({ name, labels: open < 0 ? {} : parseLabels(line.slice(open + 1, close)), value });
  }
  return samples;
}

/** A histogram's buckets: upper bound to the cumulated count. */
export type Buckets = Map<number, number>;

/** Adds up the buckets of several series that have the same bounds. */
export function sumBuckets(all: Iterable<Buckets>): Buckets {
  const sum: Buckets = new Map();
  for (const buckets of all) {
    for (const [bound, count] of buckets) sum.set(bound, (sum.get(bound) ?? 0) + count);
  }
  return sum;
}

/** What came between two looks. A process that started anew counts from zero. */
export function subtractBuckets(now: Buckets, before: Buckets): Buckets {
  const restarted = [...now].some(([bound, count]) => count < (before.get(bound) ?? 0));
  if (restarted) return now;
  return new Map([...now].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));
}

/**
 * As histogram_quantile of Prometheus: linear within a bucket, the highest finite bound for what
 * lies beyond it. undefined when nothing was observed.
 */
export function quantile(buckets: Buckets, q: number): number | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const rank = q * total;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of sorted) {
    if (count >= rank && count > below) {
      return bound === Infinity
        ? lower
        : lower + ((bound - lower) * (rank - below)) / (count - below);
    }
    if (bound !== Infinity) lower = bound;
    below = count;
  }
  return lower;
}
