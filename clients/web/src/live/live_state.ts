import type { ApiError } from '../api/errors';

/** What a page knows of something that it watches. */
export interface LiveState<T> {
  value: T | undefined;
  at: number; // ms, of the value
  source: 'none' | 'stream' | 'poll';
  failures: number; // of the stream, since it last worked
  error: ApiError | undefined; // the last one, until a value comes
  stale: boolean;
}

export type LiveEvent<T> =
  | { type: 'value'; value: T; at: number; source: 'stream' | 'poll' }
  | { type: 'down'; error: ApiError }
  | { type: 'pollFailed'; error: ApiError }
  | { type: 'tick'; at: number }
  | { type: 'reset' };

/** Values come once a second; one that is older than this is not called live any more. */
export const STALE_MS = 3_500;
/** So many failures of the stream in a row, and it is polled beside it. */
export const FAILURES_BEFORE_POLLING = 2;

export function initialLive<T>(): LiveState<T> {
  return { value: undefined, at: 0, source: 'none', failures: 0, error: undefined, stale: false };
}

export function liveReducer<T>(state: LiveState<T>, event: LiveEvent<T>): LiveState<T> {
  switch (event.type) {
    case 'value':
      // What a poll brought late is older than what the stream has brought since.
      if (event.at < state.at) return state;
      return {
        value: event.value,
        at: event.at,
        source: event.source,
        failures: event.source === 'stream' ? 0 : state.failures,
        error: undefined,
        stale: false,
      };
    case 'down':
      return { ...state, failures: state.failures + 1, error: event.error };
    case 'pollFailed':
      return { ...state, error: event.error };
    case 'tick': {
      const stale = state.value !== undefined && event.at - state.at > STALE_MS;
      return stale === state.stale ? state : { ...state, stale };
    }
    case 'reset':
      return initialLive();
  }
}

export function needsPolling(state: LiveState<unknown>): boolean {
  return state.failures >= FAILURES_BEFORE_POLLING;
}

export type Badge = 'waiting' | 'live' | 'polling' | 'stale' | 'away';

export function badgeOf(state: LiveState<unknown>): Badge {
  if (state.value === undefined) return state.error ? 'away' : 'waiting';
  if (state.stale) return state.error?.away ? 'away' : 'stale';
  return state.source === 'poll' ? 'polling' : 'live';
}
