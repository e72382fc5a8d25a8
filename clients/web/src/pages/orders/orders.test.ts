import { describe, expect, it } from 'vitest';
import type { Order } from '../../api/types';
import { sumAccounts, verdictOf } from './conservation';
import { isSettled, stepsOf } from './steps';

const page = (ledger: string, reserved: string) => ({
  findings: [],
  examined: '1',
  skus: [{ sku: 'case', ledger, reserved }],
  nextPageToken: '',
});

describe('conservation', () => {
  it('adds up what the pages say of an article', () => {
    expect(sumAccounts([page('3', '3'), page('4', '5')]).get('case')).toEqual({
      ledger: 7,
      reserved: 8,
    });
  });

  it('holds when initial - sold = stock', () => {
    const baseline = { initial: 50, soldBefore: 10 };
    expect(verdictOf(47, { ledger: 13, reserved: 13 }, baseline)).toBe('balances');
    expect(verdictOf(48, { ledger: 13, reserved: 13 }, baseline)).toBe('differs');
  });

  it('does not hold when ledger and Redis differ, whatever the stock', () => {
    expect(verdictOf(47, { ledger: 3, reserved: 4 }, undefined)).toBe('differs');
  });

  it('is not claimed without what it takes', () => {
    expect(verdictOf(47, undefined, { initial: 50, soldBefore: 0 })).toBe('not checked');
    expect(verdictOf(47, { ledger: 3, reserved: 3 }, undefined)).toBe('initial not known');
  });
});

describe('an order’s way', () => {
  const order: Order = {
    id: 'a',
    sku: 'case',
    qty: 1,
    status: 'CANCELLED',
    reason: '',
    receivedAt: '2026-01-01T00:00:00.100Z',
    notifiedAt: '2026-01-01T00:00:00.150Z',
    reservedAt: '2026-01-01T00:00:00.120Z',
  };

  it('is in time, with the time between', () => {
    expect(stepsOf(order).map(({ name, after }) => [name, after])).toEqual([
      ['received', undefined],
      ['reserved', 0.02],
      ['notified', 0.03],
    ]);
  });

  it('ends with the notification or a cancellation', () => {
    expect(isSettled({ ...order, status: 'RESERVED', notifiedAt: undefined })).toBe(false);
    expect(isSettled({ ...order, status: 'NOTIFIED' })).toBe(true);
    expect(isSettled({ ...order, notifiedAt: undefined })).toBe(true);
  });
});
