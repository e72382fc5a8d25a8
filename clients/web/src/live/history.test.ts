import { describe, expect, it } from 'vitest';
import { MAX_POINTS, addPoint, emptyHistory, rates } from './history';

describe('history', () => {
  it('keeps a column for each line', () => {
    const history = addPoint(addPoint(emptyHistory(2), 1, [10, 20]), 2, [11, null]);
    expect(history).toEqual({
      times: [1, 2],
      lines: [
        [10, 11],
        [20, null],
      ],
    });
  });

  it('replaces a point that is not newer', () => {
    const history = addPoint(addPoint(emptyHistory(1), 1, [10]), 1, [12]);
    expect(history).toEqual({ times: [1], lines: [[12]] });
  });

  it('lets the oldest go', () => {
    let history = emptyHistory(1);
    for (let i = 0; i < MAX_POINTS + 5; ++i) history = addPoint(history, i, [i]);
    expect(history.times).toHaveLength(MAX_POINTS);
    expect(history.lines[0]).toHaveLength(MAX_POINTS);
    expect(history.times[0]).toBe(5);
    expect(history.lines[0]!.at(-1)).toBe(MAX_POINTS + 4);
  });
});

describe('rates', () => {
  it('are changes a second', () => {
    expect(rates({ at: 0, counts: [1, 2] }, { at: 2_000, counts: [5, 2] })).toEqual([2, 0]);
  });

  it('are not known at first, nor where a counter has started anew', () => {
    expect(rates(undefined, { at: 1, counts: [5] })).toEqual([null]);
    expect(rates({ at: 0, counts: [9] }, { at: 1_000, counts: [5] })).toEqual([null]);
  });
});
