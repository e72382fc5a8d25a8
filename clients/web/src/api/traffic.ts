// What the gateway's own metrics say of each RPC and each service.
import { type Buckets, type Sample, quantile, subtractBuckets, sumBuckets } from './prometheus';

/** One look at /metrics of the gateway, by RPC ("package.Service/Method"). */
export interface Look {
  at: number; // ms
  rpcs: Map<string, { byClass: Record<string, number>; seconds: number; buckets: Buckets }>;
  connected: Map<string, boolean>; // by full service name
  serving: Map<string, boolean>; // what its health check says
}

export function lookAt(samples: Sample[], at: number): Look {
  const look: Look = { at, rpcs: new Map(), connected: new Map(), serving: new Map() };
  const rpcOf = (name: string) => {
    let rpc = look.rpcs.get(name);
    if (!rpc) look.rpcs.set(name, (rpc = { byClass: {}, seconds: 0, buckets: new Map() }));
    return rpc;
  };
  for (const { name, labels, value } of samples) {
    if (name === 'trellis_http_requests_total') {
      rpcOf(labels.rpc!).byClass[labels.status!] = value;
    } else if (name === 'trellis_http_duration_seconds_bucket') {
      rpcOf(labels.rpc!).buckets.set(labels.le === '+Inf' ? Infinity : Number(labels.le), value);
    } else if (name === 'trellis_http_duration_seconds_sum') {
      rpcOf(labels.rpc!).seconds = value;
    } else if (name === 'trellis_gateway_upstream_connected') {
      look.connected.set(labels.service!, value === 1);
    } else if (name === 'trellis_gateway_upstream_serving') {
      look.serving.set(labels.service!, value === 1);
    }
  }
  return look;
}

export interface Traffic {
  requests: number; // in the window
  rate: number; // a second
  serverErrors: number; // share of 5xx, 0 to 1
  clientErrors: number; // share of 4xx
  p50?: number; // seconds
  p99?: number;
  mean?: number;
}

/** The service of an RPC: "order" of "trellis.order.v1.OrderService/PlaceOrder"; "none" of none. */
export function serviceOf(rpc: string): string {
  return rpc.split('.')[1] ?? 'none';
}

/** The traffic between two looks of the RPCs that `wanted` picks, taken together. */
export function trafficBetween(before: Look, now: Look, wanted: (rpc: string) => boolean): Traffic {
  const changes: Buckets[] = [];
  const byClass: Record<string, number> = {};
  let seconds = 0;
  for (const [name, rpc] of now.rpcs) {
    if (!wanted(name)) continue;
    const old = before.rpcs.get(name);
    changes.push(subtractBuckets(rpc.buckets, old?.buckets ?? new Map()));
    for (const [status, count] of Object.entries(rpc.byClass)) {
      const last = old?.byClass[status] ?? 0;
      byClass[status] = (byClass[status] ?? 0) + (count < last ? count : count - last);
    }
    seconds += rpc.seconds < (old?.seconds ?? 0) ? rpc.seconds : rpc.seconds - (old?.seconds ?? 0);
  }
  const requests = Object.values(byClass).reduce((sum, count) => sum + count, 0);
  const span = (now.at - before.at) / 1000;
  const buckets = sumBuckets(changes);
  return {
    requests,
    rate: span > 0 ? requests / span : 0,
    serverErrors: requests > 0 ? (byClass['5xx'] ?? 0) / requests : 0,
    clientErrors: requests > 0 ? (byClass['4xx'] ?? 0) / requests : 0,
    p50: quantile(buckets, 0.5),
    p99: quantile(buckets, 0.99),
    mean: requests > 0 ? seconds / requests : undefined,
  };
}

/** Keeps what is needed to look back `windowMs`, and one more. */
export function addLook(looks: readonly Look[], look: Look, windowMs: number): Look[] {
  const kept = [...looks, look];
  while (kept.length > 2 && look.at - kept[1]!.at >= windowMs) kept.shift();
  return kept;
}
