const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1,234 of 1234 or "1234"; a dash of nothing. */
export function count(value: number | string | null | undefined): string {
  if (value === undefined || value === null || value === '') return '–';
  return WHOLE.format(Number(value));
}

/** A rate, with as many digits as help. */
export function rate(value: number | null | undefined): string {
  if (value === undefined || value === null) return '–';
  return value >= 100 ? WHOLE.format(value) : value.toFixed(value >= 10 ? 1 : 2);
}

/** Seconds as "850 µs", "4.2 ms", "1.3 s", "5.2 min", "2.0 h". */
export function seconds(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0 s';
  if (value < 0.001) return `${(value * 1e6).toFixed(0)} µs`;
  if (value < 1) return `${(value * 1e3).toFixed(value < 0.01 ? 1 : 0)} ms`;
  if (value < 60) return `${value.toFixed(1)} s`;
  if (value < 3600) return `${(value / 60).toFixed(1)} min`;
  return `${(value / 3600).toFixed(1)} h`;
}

/** A share from 0 to 1 as "12.3 %". */
export function percent(share: number | undefined, digits = 1): string {
  if (share === undefined || Number.isNaN(share)) return '–';
  return `${(share * 100).toFixed(digits)} %`;
}

/** Of protobuf's JSON for a Duration: "1.500s". */
export function durationSeconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text.replace(/s$/, ''));
}

/** The time of day of an RFC 3339 time, with milliseconds, in the reader's zone. */
export function timeOfDay(text: string | undefined): string {
  if (!text) return '–';
  const date = new Date(text);
  const pad = (value: number, width = 2) => String(value).padStart(width, '0');
  const day = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day}.${pad(date.getMilliseconds(), 3)}`;
}

/** "IN_FLIGHT" as "in flight". */
export function words(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ');
}
