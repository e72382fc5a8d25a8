import { get } from '../../api/http';
import type { CacheStats, Dashboard, KeyTestStatus, Queue, WeatherStats } from '../../api/types';
import { count, percent } from '../../ui/format';
import { redisRatio } from '../posts/cache';

/** A line of the table of what waits. */
export interface Depth {
  where: string;
  waiting: string;
  atWork: string;
  dead: string;
  workers: string;
}

/** What a service says of itself and of what stands behind it. */
export interface Summary {
  note: string;
  depths: Depth[];
}

export interface Service {
  key: string; // as in the RPCs' names
  full: string; // as the gateway's metrics name it
  name: string;
  path: string;
  behind: string; // what it stands on
  summary(signal: AbortSignal): Promise<Summary>;
}

async function enqueue(signal: AbortSignal): Promise<Summary> {
  const { queues } = await get<{ queues: Queue[] }>('/v1/queues', signal);
  const sum = (of: (queue: Queue) => number) =>
    queues.reduce((total, queue) => total + of(queue), 0);
  const depths = queues.map((queue) => ({
    where: `queue ${queue.name}`,
    waiting: count(Number(queue.ready) + Number(queue.scheduled) + Number(queue.retrying)),
    atWork: count(queue.inFlight),
    dead: count(queue.dead),
    workers: count(queue.workers),
  }));
  const workers = sum((queue) => queue.workers);
  return {
    note: `${workers} ${workers === 1 ? 'worker' : 'workers'} · ${count(sum((q) => Number(q.ready)))} ready · ${count(sum((q) => Number(q.dead)))} dead`,
    depths,
  };
}

async function order(signal: AbortSignal): Promise<Summary> {
  const { outbox, orders } = await get<Dashboard>('/dashboard/metrics', signal);
  const open = Number(orders.received ?? 0);
  return {
    note: `outbox ${count(outbox.depth)} · ${count(open)} undecided`,
    depths: [
      {
        where: 'outbox of orders',
        waiting: count(outbox.depth),
        atWork: '–',
        dead: '–',
        workers: '–',
      },
      { where: 'orders, undecided', waiting: count(open), atWork: '–', dead: '–', workers: '–' },
    ],
  };
}

async function weather(signal: AbortSignal): Promise<Summary> {
  const stats = await get<WeatherStats>('/v1/weather/stats', signal);
  return {
    note: `${stats.consumers} ${stats.consumers === 1 ? 'worker' : 'workers'} known · lag ${count(stats.lag)}`,
    depths: [
      {
        where: 'stream of weather requests',
        waiting: count(stats.lag),
        atWork: count(stats.pending),
        dead: '–',
        workers: count(stats.consumers),
      },
    ],
  };
}

async function post(signal: AbortSignal): Promise<Summary> {
  const stats = await get<CacheStats>('/v1/post/cache', signal);
  return { note: `Redis hit ratio ${percent(redisRatio(stats))}`, depths: [] };
}

async function keytest(signal: AbortSignal): Promise<Summary> {
  const status = await get<KeyTestStatus>('/v1/keytest/status', signal);
  return {
    note: `${count(status.pending)} pending · ${count(status.dead)} dead`,
    depths: [
      {
        where: 'keys of KeyTest',
        waiting: count(status.pending),
        atWork: '–',
        dead: count(status.dead),
        workers: '–',
      },
    ],
  };
}

export const SERVICES: Service[] = [
  {
    key: 'enqueue',
    name: 'Enqueue',
    path: '/ui/enqueue',
    behind: 'Redis, workers',
    summary: enqueue,
  },
  {
    key: 'order',
    name: 'Orders',
    path: '/ui/orders',
    behind: 'Postgres, RabbitMQ',
    summary: order,
  },
  {
    key: 'weather',
    name: 'Weather',
    path: '/ui/weather',
    behind: 'Redis Streams',
    summary: weather,
  },
  {
    key: 'post',
    name: 'Posts',
    path: '/ui/posts',
    behind: 'Postgres, Redis Cluster',
    summary: post,
  },
  {
    key: 'keytest',
    name: 'KeyTest',
    path: '/ui/keytest',
    behind: 'Redis, RabbitMQ/NATS',
    summary: keytest,
  },
].map((service) => ({
  ...service,
  full: `trellis.${service.key}.v1.${rpcName(service.key)}Service`,
}));

function rpcName(key: string): string {
  return key === 'keytest' ? 'KeyTest' : key.charAt(0).toUpperCase() + key.slice(1);
}
