import { useReducer } from 'react';
import { asApiError } from '../api/errors';
import { type LiveEvent, type LiveState, initialLive, liveReducer } from './live_state';
import { useInterval } from './use_interval';
import { useVisible } from './use_visible';

/** As useLive, for what has no stream: asks every `ms`. */
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, ms: number): LiveState<T> {
  const visible = useVisible();
  const [state, dispatch] = useReducer(
    liveReducer as (state: LiveState<T>, event: LiveEvent<T>) => LiveState<T>,
    initialLive<T>(),
  );
  useInterval(
    async (signal) => {
      try {
        const value = await ask(signal);
        if (!signal.aborted) dispatch({ type: 'value', value, at: Date.now(), source: 'poll' });
      } catch (error) {
        if (!signal.aborted) dispatch({ type: 'pollFailed', error: asApiError(error) });
      }
    },
    ms,
    visible,
  );
  useInterval(() => dispatch({ type: 'tick', at: Date.now() }), 1_000, visible);
  return state;
}
