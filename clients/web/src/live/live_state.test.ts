import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/errors';
import { type LiveEvent, badgeOf, initialLive, liveReducer, needsPolling } from './live_state';

const away = new ApiError(503, { code: 14, message: 'away' });
const refused = new ApiError(400, { code: 3, message: 'bad' });

function after(...events: LiveEvent<number>[]) {
  return events.reduce(liveReducer<number>, initialLive<number>());
}

describe('liveReducer', () => {
  it('is live from the first value on', () => {
    expect(badgeOf(after())).toBe('waiting');
    const state = after({ type: 'value', value: 1, at: 100, source: 'stream' });
    expect(state.value).toBe(1);
    expect(badgeOf(state)).toBe('live');
  });

  it('is stale when nothing has come for some seconds, until something comes', () => {
    const value = { type: 'value', value: 1, at: 1_000, source: 'stream' } as const;
    expect(badgeOf(after(value, { type: 'tick', at: 4_000 }))).toBe('live');
    const stale = after(value, { type: 'tick', at: 5_000 });
    expect(badgeOf(stale)).toBe('stale');
    expect(stale.value).toBe(1);
    expect(badgeOf(liveReducer(stale, { ...value, at: 5_500 }))).toBe('live');
  });

  it('is polled after two failures, and no longer once the stream works', () => {
    const once = after({ type: 'down', error: away });
    expect(needsPolling(once)).toBe(false);
    const twice = liveReducer(once, { type: 'down', error: away });
    expect(needsPolling(twice)).toBe(true);
    const polled = liveReducer(twice, { type: 'value', value: 1, at: 1, source: 'poll' });
    expect(badgeOf(polled)).toBe('polling');
    expect(needsPolling(polled)).toBe(true);
    const works = liveReducer(polled, { type: 'value', value: 2, at: 2, source: 'stream' });
    expect(needsPolling(works)).toBe(false);
  });

  it('does not go back to what a slow poll brings', () => {
    const state = after(
      { type: 'value', value: 2, at: 200, source: 'stream' },
      { type: 'value', value: 1, at: 100, source: 'poll' },
    );
    expect(state.value).toBe(2);
  });

  it('tells a service that is away from one that refuses', () => {
    expect(badgeOf(after({ type: 'down', error: away }))).toBe('away');
    const value = { type: 'value', value: 1, at: 0, source: 'stream' } as const;
    const tick = { type: 'tick', at: 9_000 } as const;
    expect(badgeOf(after(value, { type: 'down', error: away }, tick))).toBe('away');
    expect(badgeOf(after(value, { type: 'pollFailed', error: refused }, tick))).toBe('stale');
    expect(after(value, { type: 'reset' })).toEqual(initialLive());
  });
});
