import { describe, expect, it } from 'vitest';
import { type Part, splitOf } from './split';

const timing = { totalMs: 8, wayMs: 1, streamMs: 3, workMs: 4 };

function ms(parts: Part[]): [string, number][] {
  return parts.map(({ name, seconds }) => [name, Math.round(seconds * 1e6) / 1000]);
}

describe('splitOf', () => {
  it('goes from the browser to the worker, each part less what is within it', () => {
    expect(ms(splitOf(0.012, 0.01, timing))).toEqual([
      ['browser and the way to it', 2],
      ['gateway to service and back', 2],
      ['service to Redis and back', 1],
      ['wait in the stream', 3],
      ['work at the worker', 4],
    ]);
  });

  it('leaves out what is not known', () => {
    expect(ms(splitOf(0.012, undefined, timing)).map(([name]) => name)).not.toContain(
      'gateway to service and back',
    );
    expect(ms(splitOf(0.012, 0.01, undefined))).toEqual([
      ['browser and the way to it', 2],
      ['gateway to worker and back', 10],
    ]);
    expect(ms(splitOf(0.012, undefined, undefined))).toEqual([['all', 12]]);
  });

  it('adds up to the whole, also where clocks disagree', () => {
    for (const [whole, gateway] of [
      [0.012, 0.005],
      [0.006, 0.02],
      [0, 0],
    ] as const) {
      const parts = splitOf(whole, gateway, timing);
      expect(Math.min(...parts.map((part) => part.seconds))).toBeGreaterThanOrEqual(0);
      expect(parts.reduce((sum, part) => sum + part.seconds, 0)).toBeCloseTo(whole, 9);
    }
  });
});
