import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../api/types';
import { slotOf, slotOfKey } from './cache';
import { keysByNode, ownerOf, slotCount, slotText } from './shards';

function node(address: string, slots: [number, number][], master = ''): ClusterNode {
  return {
    address,
    role: master ? 'REPLICA' : 'MASTER',
    health: master ? 'NOT_ASKED' : 'CONNECTED',
    reason: '',
    master,
    slots: slots.map(([first, last]) => ({ first, last })),
  };
}

const nodes = [
  node('a', [
    [0, 5460],
    [9842, 9842],
  ]),
  node('r', [[0, 5460]], 'a'),
  node('b', [
    [5461, 9841],
    [9843, 10922],
  ]),
  node('c', [[10923, 16383]]),
];

describe('shards', () => {
  it('say which master has a slot, also where ranges are split', () => {
    expect([0, 5460, 5461, 9842, 9843, 16383].map((slot) => ownerOf(nodes, slot)?.address)).toEqual(
      ['a', 'a', 'b', 'a', 'b', 'c'],
    );
    expect(ownerOf(nodes.slice(0, 2), 16383)).toBeUndefined();
  });

  it('are written as ranges', () => {
    expect(slotText(nodes[0]!)).toBe('0–5460, 9842');
    expect(slotCount(nodes[0]!)).toBe(5462);
    expect(slotText(node('d', []))).toBe('–');
  });

  it('have the keys of a page: the list and each post', () => {
    // As redis-cli cluster keyslot 'post:1' and so on answers.
    expect([1, 2, 3].map((id) => slotOfKey(`post:${id}`))).toEqual([10484, 6295, 2230]);
    const counts = keysByNode(nodes, { userId: 1, postIds: [1, 2, 3] });
    expect(slotOf(1)).toBe(9842);
    expect(Object.fromEntries(counts)).toEqual({ a: 2, b: 2 });
  });

  it('leave over what nobody has', () => {
    const counts = keysByNode([], { userId: 1, postIds: [1] });
    expect(Object.fromEntries(counts)).toEqual({ '': 2 });
  });
});
