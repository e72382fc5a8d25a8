import { describe, expect, it } from 'vitest';
import type { KeyTestStatus } from '../../api/types';
import { labelsOf } from './buckets';
import { isRunning } from './controls';
import { INITIAL, PARAMETERS, problemWith } from './parameters';

describe('parameters', () => {
  it('start with the defaults of the seed, which are fine', () => {
    expect(INITIAL).toEqual({ keys: '1000', delayMs: '1', ttlMs: '100', dedupWindowMs: '5000' });
    for (const parameter of PARAMETERS) {
      expect(problemWith(parameter, INITIAL[parameter.name])).toBeUndefined();
    }
  });

  it('have bounds', () => {
    const [keys, delay] = PARAMETERS;
    for (const bad of ['', '0', '-1', '1.5', '1e3', '1000001', 'x']) {
      expect(problemWith(keys, bad), bad).toBe('a whole number from 1 to 1,000,000');
    }
    expect(problemWith(keys, '1000000')).toBeUndefined();
    expect(problemWith(delay, '0')).toBeUndefined();
  });
});

describe('a test', () => {
  it('can be stopped while it generates or drains', () => {
    const running = ['IDLE', 'GENERATING', 'DRAINING', 'STOPPED', 'DONE'].filter((state) =>
      isRunning({ state } as KeyTestStatus),
    );
    expect(running).toEqual(['GENERATING', 'DRAINING']);
    expect(isRunning(undefined)).toBe(false);
  });
});

describe('labelsOf', () => {
  it('names the bounds; the last bucket has none', () => {
    const buckets = [1, 5, 0].map((leMs) => ({ leMs, count: '1' }));
    expect(labelsOf(buckets)).toEqual(['≤ 1', '≤ 5', '> 5']);
    expect(labelsOf([{ leMs: 0, count: '1' }])).toEqual(['beyond all bounds']);
    expect(labelsOf([])).toEqual([]);
  });
});
