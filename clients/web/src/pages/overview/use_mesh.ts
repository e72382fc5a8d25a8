import { useReducer, useRef } from 'react';
import { get, getText } from '../../api/http';
import { parseMetrics } from '../../api/prometheus';
import { type Look, addLook, lookAt } from '../../api/traffic';
import type { Readiness } from '../../api/types';
import { usePolled } from '../../live/use_polled';
import { SERVICES, type Summary } from './services';

const EVERY_MS = 2_000;
/** Rates, shares and percentiles are of so long. */
export const WINDOW_MS = 30_000;

export interface Mesh {
  readiness: Readiness;
  summaries: Record<string, Summary | undefined>;
}

/** The gateway's metrics and readiness, and what each service that it reaches says of itself. */
export function useMesh() {
  const [looks, add] = useReducer(
    (looks: Look[], look: Look) => addLook(looks, look, WINDOW_MS),
    [],
  );
  const asking = useRef(async (signal: AbortSignal): Promise<Mesh> => {
    const look = lookAt(parseMetrics(await getText('/metrics', signal)), Date.now());
    add(look);
    // Also when it is not ready, /readyz says why.
    const readiness = await get<Readiness>('/readyz', signal).catch(() => NOT_READY);
    const reached = SERVICES.filter((service) => look.connected.get(service.full));
    const told = await Promise.allSettled(reached.map((service) => service.summary(signal)));
    const summaries = Object.fromEntries(
      told.map((result, i) => [
        reached[i]!.key,
        result.status === 'fulfilled' ? result.value : undefined,
      ]),
    );
    return { readiness, summaries };
  });
  return { state: usePolled(asking.current, EVERY_MS), looks };
}

const NOT_READY: Readiness = { ready: false, draining: false, dependencies: {} };
