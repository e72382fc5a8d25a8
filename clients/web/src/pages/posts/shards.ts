import type { ClusterNode } from '../../api/types';
import { slotOfKey, slotOf } from './cache';

export function isMaster(node: ClusterNode): boolean {
  return node.role === 'MASTER';
}

/** The master that has the slot, if anybody is known to have it. */
export function ownerOf(nodes: ClusterNode[], slot: number): ClusterNode | undefined {
  return nodes.find(
    (node) => isMaster(node) && node.slots.some(({ first, last }) => first <= slot && slot <= last),
  );
}

/** "0–5460, 7000"; a dash of none. */
export function slotText(node: ClusterNode): string {
  const text = node.slots.map(({ first, last }) => (first === last ? first : `${first}–${last}`));
  return text.join(', ') || '–';
}

/** How many slots a node has. */
export function slotCount(node: ClusterNode): number {
  return node.slots.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** A page of a user's posts, as it lies in Redis. */
export interface PageKeys {
  userId: number;
  postIds: number[];
}

/**
 * The keys of a page by the address of the master that has them: the list, which is where all of
 * its user's keys are, and an object for each post. "" has those of slots that nobody has.
 */
export function keysByNode(nodes: ClusterNode[], page: PageKeys): Map<string, number> {
  const slots = [slotOf(page.userId), ...page.postIds.map((id) => slotOfKey(`post:${id}`))];
  const counts = new Map<string, number>();
  for (const slot of slots) {
    const address = ownerOf(nodes, slot)?.address ?? '';
    counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return counts;
}
