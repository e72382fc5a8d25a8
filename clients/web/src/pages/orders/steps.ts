import type { Order } from '../../api/types';

export interface Step {
  name: string;
  at: string;
  after: number | undefined; // seconds since the step before
}

/** The steps that an order has gone, in time. */
export function stepsOf(order: Order): Step[] {
  const times: [string, string | undefined][] = [
    ['received', order.receivedAt],
    ['reserved', order.reservedAt],
    ['rejected', order.rejectedAt],
    ['notified', order.notifiedAt],
    ['cancelled', order.cancelledAt],
  ];
  const gone = times
    .filter((step): step is [string, string] => step[1] !== undefined)
    .sort(([, a], [, b]) => Date.parse(a) - Date.parse(b));
  return gone.map(([name, at], i) => ({
    name,
    at,
    after: i === 0 ? undefined : (Date.parse(at) - Date.parse(gone[i - 1]![1])) / 1000,
  }));
}

/** Whether nothing more will happen by itself. */
export function isSettled(order: Order): boolean {
  return order.status === 'CANCELLED' || order.notifiedAt !== undefined;
}
