// The messages that the page reads, as the gateway writes them (proto/trellis): 64-bit integers are
// strings, but numbers in Post; times are RFC 3339, durations "1.5s".

export interface Queue {
  name: string;
  ready: string;
  scheduled: string;
  inFlight: string;
  retrying: string;
  dead: string;
  oldestAge?: string;
  processed: string;
  failed: string;
  paused: boolean;
  workers: number;
}

export interface Job {
  id: string;
  state: string;
  message: string;
  enqueuedAt?: string;
  attempts: number;
  maxAttempts: number;
  crashes: number;
  lastError: string;
  stateTime?: string;
  worker: string;
}

export interface Order {
  id: string;
  sku: string;
  qty: number;
  status: string;
  reason: string;
  receivedAt?: string;
  reservedAt?: string;
  rejectedAt?: string;
  notifiedAt?: string;
  cancelledAt?: string;
}

export interface Dashboard {
  orders: Record<string, string>;
  inventory: Record<string, string>;
  notifications: { sent: string; claimed: string; outcomeUnknown: string };
  outbox: { depth: string; oldestAgeMs: string };
  time: string;
}

export interface ReconcilePage {
  findings: { kind: string; orderId: string; detail: string }[];
  examined: string;
  skus: { sku: string; ledger: string; reserved: string }[];
  nextPageToken: string;
}

export interface Circuit {
  state: string;
  calls: number;
  failureRate: number;
  slowCallRate: number;
  probes: number;
  refused: string;
  instance: string;
}

export interface WeatherStats {
  pending: string;
  lag: string;
  requestStreamLength: string;
  replyStreamLength: string;
  consumers: number;
  waiting: number;
  limit: number;
  circuit: Circuit;
  instance: string;
}

export interface Forecasts {
  city: string;
  location: string;
  forecasts: { date: string; temperatureC: number; temperatureF: number; summary: string }[];
  servedBy: string;
  correlationId: string;
  timing?: { totalMs: number; wayMs: number; streamMs: number; workMs: number };
}

export interface Post {
  id: number;
  user_id: number;
  content: string;
  created_at: string;
  updated_at: string;
  generation: number;
}

export interface PostPage {
  data: Post[];
  has_more: boolean;
  next_cursor: string;
  generation: number;
}

export interface CacheStats {
  local_hits: number;
  list_hits: number;
  list_misses: number;
  object_hits: number;
  object_misses: number;
  bypassed: number;
  audited: number;
  mismatches: number;
}

export interface HotUser {
  user_id: number;
  reads: number;
}

/** A node of the Redis Cluster, as the answering process of Post knows it. */
export interface ClusterNode {
  address: string;
  role: 'MASTER' | 'REPLICA' | 'ROLE_UNSPECIFIED';
  health: 'CONNECTED' | 'AWAY' | 'NOT_ASKED' | 'HEALTH_UNSPECIFIED';
  reason: string;
  master: string;
  slots: { first: number; last: number }[];
}

export interface KeyTestStatus {
  state: 'IDLE' | 'GENERATING' | 'DRAINING' | 'STOPPED' | 'DONE' | 'STATE_UNSPECIFIED';
  runId: string;
  keys: number;
  delayMs: number;
  ttlMs: number;
  dedupWindowMs: number;
  generated: string;
  consumed: string;
  pending: string;
  dead: string;
  percent: number;
  lateness: { leMs: number; count: string }[];
  latenessP50Ms: number;
  latenessP99Ms: number;
  startedAt?: string;
  endedAt?: string;
}

/** /readyz of the gateway. */
export interface Readiness {
  ready: boolean;
  draining: boolean;
  dependencies: Record<string, { ready: boolean; detail: string }>;
}
