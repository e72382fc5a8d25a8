import { useEffect, useReducer } from 'react';
import { asApiError } from '../api/errors';
import { get } from '../api/http';
import { EventStream } from '../api/sse';
import {
  type LiveEvent,
  type LiveState,
  initialLive,
  liveReducer,
  needsPolling,
} from './live_state';
import { useInterval } from './use_interval';
import { useVisible } from './use_visible';

const POLL_MS = 2_000;

/** Watches the stream at `watchPath`; while that fails, asks `pollPath` for the same message. */
export function useLive<T>(watchPath: string, pollPath: string): LiveState<T> {
  const visible = useVisible();
  const [state, dispatch] = useReducer(
    liveReducer as (state: LiveState<T>, event: LiveEvent<T>) => LiveState<T>,
    initialLive<T>(),
  );
  useEffect(() => dispatch({ type: 'reset' }), [watchPath]);
  useEffect(() => {
    if (!visible) return;
    const stream = new EventStream(watchPath, {
      onOpen: () => {},
      onMessage: (data) => {
        dispatch({ type: 'value', value: JSON.parse(data) as T, at: Date.now(), source: 'stream' });
      },
      onDown: (error) => dispatch({ type: 'down', error }),
    });
    return () => stream.close();
  }, [watchPath, visible]);
  useInterval(() => dispatch({ type: 'tick', at: Date.now() }), 1_000, visible);
  useInterval(
    async (signal) => {
      const at = Date.now();
      try {
        const value = await get<T>(pollPath, signal);
        if (!signal.aborted) dispatch({ type: 'value', value, at, source: 'poll' });
      } catch (error) {
        if (!signal.aborted) dispatch({ type: 'pollFailed', error: asApiError(error) });
      }
    },
    POLL_MS,
    visible && needsPolling(state),
  );
  return state;
}
