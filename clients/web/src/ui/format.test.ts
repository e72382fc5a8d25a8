import { describe, expect, it } from 'vitest';
import { count, durationSeconds, percent, rate, seconds, words } from './format';

describe('format', () => {
  it('writes counts, also those that come as strings', () => {
    expect([count('1234567'), count(0), count(undefined), count(null)]).toEqual([
      '1,234,567',
      '0',
      '–',
      '–',
    ]);
  });

  it('writes rates with as many digits as help', () => {
    expect([rate(0.126), rate(12.34), rate(1234.5), rate(null)]).toEqual([
      '0.13',
      '12.3',
      '1,235',
      '–',
    ]);
  });

  it('writes times in the unit that fits', () => {
    const times = [0, 0.00085, 0.0042, 0.12, 1.26, 310, 7260];
    expect(times.map(seconds)).toEqual([
      '0 s',
      '850 µs',
      '4.2 ms',
      '120 ms',
      '1.3 s',
      '5.2 min',
      '2.0 h',
    ]);
    expect(seconds(undefined)).toBe('–');
  });

  it('writes shares and names', () => {
    expect([percent(0.1234), percent(undefined), words('IN_FLIGHT')]).toEqual([
      '12.3 %',
      '–',
      'in flight',
    ]);
    expect(durationSeconds('1.500s')).toBe(1.5);
  });
});
