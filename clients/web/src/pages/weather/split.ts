import type { Forecasts } from '../../api/types';

export interface Part {
  name: string;
  seconds: number;
}

/**
 * Where the time of a call went: what the browser, the gateway (if it can be told for this call) and
 * the service measured, each less what is within it. Adds up to the whole; clocks that disagree take
 * from the outer part and make none negative.
 */
export function splitOf(
  whole: number,
  gateway: number | undefined,
  timing: Forecasts['timing'],
): Part[] {
  const parts: Part[] = [];
  let left = whole;
  const take = (name: string, seconds: number) => {
    const taken = Math.min(Math.max(seconds, 0), left);
    parts.unshift({ name, seconds: taken });
    left -= taken;
  };
  if (timing) {
    take('work at the worker', timing.workMs / 1000);
    take('wait in the stream', timing.streamMs / 1000);
    take('service to Redis and back', timing.wayMs / 1000);
    if (gateway !== undefined) take('gateway to service and back', gateway - (whole - left));
  } else if (gateway !== undefined) {
    take('gateway to worker and back', gateway);
  }
  parts.unshift({ name: parts.length ? 'browser and the way to it' : 'all', seconds: left });
  return parts;
}
