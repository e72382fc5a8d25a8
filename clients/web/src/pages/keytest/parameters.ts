/** The parameters of a test as StartTest takes them (proto/trellis/keytest/v1/keytest.proto). */
export const PARAMETERS = [
  {
    name: 'keys',
    label: 'Keys',
    proto: 'keys',
    initial: 1000,
    min: 1,
    max: 1_000_000,
    hint: 'to generate',
  },
  {
    name: 'delayMs',
    label: 'Delay, ms',
    proto: 'delay_ms',
    initial: 1,
    min: 0,
    max: 60_000,
    hint: 'before each; 0: in batches',
  },
  {
    name: 'ttlMs',
    label: 'TTL, ms',
    proto: 'ttl_ms',
    initial: 100,
    min: 1,
    max: 3_600_000,
    hint: 'until a key expires',
  },
  {
    name: 'dedupWindowMs',
    label: 'De-duplication, ms',
    proto: 'dedup_window_ms',
    initial: 5000,
    min: 1,
    max: 3_600_000,
    hint: 'in which a key fires once',
  },
] as const;

export type Values = Record<(typeof PARAMETERS)[number]['name'], string>;

export const INITIAL = Object.fromEntries(
  PARAMETERS.map(({ name, initial }) => [name, String(initial)]),
) as Values;

/** What is wrong with a value; undefined when nothing is. The service has the last word. */
export function problemWith(
  parameter: (typeof PARAMETERS)[number],
  text: string,
): string | undefined {
  const value = Number(text);
  const fits = /^\d+$/.test(text) && value >= parameter.min && value <= parameter.max;
  if (fits) return undefined;
  return `a whole number from ${parameter.min.toLocaleString('en-US')} to ${parameter.max.toLocaleString('en-US')}`;
}
