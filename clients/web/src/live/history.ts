/** Columns for a chart: times in seconds, then a column for each line; null where there is none. */
export interface History {
  times: number[];
  lines: (number | null)[][];
}

export const MAX_POINTS = 300;

export function emptyHistory(lines: number): History {
  return { times: [], lines: Array.from({ length: lines }, () => []) };
}

/** One point more, the oldest ones go. A point that is not newer than the last replaces it. */
export function addPoint(history: History, at: number, values: (number | null)[]): History {
  const replaces = history.times.length > 0 && at <= history.times.at(-1)!;
  const end = replaces ? -1 : undefined;
  const start = Math.max(0, history.times.length + (replaces ? 0 : 1) - MAX_POINTS);
  return {
    times: [...history.times.slice(start, end), replaces ? history.times.at(-1)! : at],
    lines: values.map((value, i) => [...(history.lines[i] ?? []).slice(start, end), value]),
  };
}

/** Counters that only grow into rates: what came since the last look, a second. */
export function rates(
  before: { at: number; counts: number[] } | undefined,
  now: { at: number; counts: number[] },
): (number | null)[] {
  if (!before || now.at <= before.at) return now.counts.map(() => null);
  const seconds = (now.at - before.at) / 1000;
  return now.counts.map((count, i) => {
    const change = count - (before.counts[i] ?? 0);
    return change < 0 ? null : change / seconds; // another queue, or it was deleted
  });
}
