import { useEffect, useRef } from 'react';

/** Calls `task` at once and `ms` after each end of it, while `on`. Never two at a time. */
export function useInterval(
  task: (signal: AbortSignal) => Promise<void> | void,
  ms: number,
  on: boolean,
) {
  const latest = useRef(task);
  latest.current = task;
  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const run = async () => {
      await latest.current(abort.signal);
      if (!abort.signal.aborted) timer = setTimeout(() => void run(), ms);
    };
    void run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [ms, on]);
}
