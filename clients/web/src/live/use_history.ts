import { useEffect, useReducer, useRef } from 'react';
import { type History, addPoint, emptyHistory, rates } from './history';

type Event = { at: number; values: (number | null)[] } | 'clear';

function reducer(history: History, event: Event): History {
  if (event === 'clear') return emptyHistory(history.lines.length);
  return addPoint(history, event.at / 1000, event.values);
}

/** What `values` were at each new `at` (ms), since `key` changed. Counters become rates. */
export function useHistory(
  key: string,
  at: number,
  values: number[] | undefined,
  kind: 'level' | 'counter' = 'level',
): History {
  const [history, dispatch] = useReducer(reducer, emptyHistory(values?.length ?? 0));
  const before = useRef<{ at: number; counts: number[] }>();
  const keyOf = useRef(key);
  useEffect(() => {
    if (keyOf.current !== key) {
      keyOf.current = key;
      before.current = undefined;
      dispatch('clear');
    }
    if (!values || at === 0) return;
    const now = { at, counts: values };
    if (kind === 'level') dispatch({ at, values });
    else if (before.current) dispatch({ at, values: rates(before.current, now) });
    before.current = now;
    // A new point is what a new time says; the values are made anew with each rendering.
  }, [key, at]);
  return history;
}
