import type { ClusterNode } from '../../api/types';
import { Tag } from '../../ui/badge';
import { DataTable } from '../../ui/data_table';
import { count, words } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { SLOTS } from './cache';
import { type PageKeys, isMaster, keysByNode, slotCount, slotText } from './shards';

interface Props {
  nodes: ClusterNode[];
  page: PageKeys | undefined; // the one that is shown
}

const TONES = { CONNECTED: 'good', AWAY: 'bad' } as const;
const COLOURS = 5; // that charts have

/** Which node of the Redis Cluster has which slots, and how many keys of a page. */
export function ShardMap({ nodes, page }: Props) {
  const masters = nodes.filter(isMaster);
  const keys = page && keysByNode(nodes, page);
  const homeless = keys?.get('');
  return (
    <Panel title="Shard map">
      <div
        role="img"
        aria-label="Which node has which of the 16,384 slots; the table has the numbers"
        className="relative h-3 overflow-hidden rounded-sm border border-line bg-sunken"
      >
        {masters.flatMap((node, i) =>
          node.slots.map(({ first, last }) => (
            <span
              key={`${node.address} ${first}`}
              className="absolute inset-y-0"
              style={{
                left: `${(first / SLOTS) * 100}%`,
                width: `${((last - first + 1) / SLOTS) * 100}%`,
                background: `var(--chart-${(i % COLOURS) + 1})`,
              }}
            />
          )),
        )}
      </div>
      <p className="mb-1 flex justify-between text-[12px] text-muted">
        <span>slot 0</span>
        <span>{SLOTS - 1}</span>
      </p>
      <DataTable
        caption="Nodes of the Redis Cluster"
        rows={nodes}
        keyOf={(node) => node.address}
        columns={[
          { name: 'Node', cell: (node) => <code>{node.address}</code> },
          {
            name: 'Role',
            cell: (node) => (isMaster(node) ? 'master' : `replica of ${node.master}`),
          },
          {
            name: 'State',
            cell: (node) => (
              <>
                <Tag tone={TONES[node.health as keyof typeof TONES] ?? 'plain'}>
                  {words(node.health)}
                </Tag>
                {node.reason && <span className="block text-[12px]">{node.reason}</span>}
              </>
            ),
          },
          {
            name: 'Slots',
            cell: (node) => (
              <span className="tabular-nums" title={`${count(slotCount(node))} slots`}>
                {slotText(node)}
              </span>
            ),
          },
          {
            name: 'Keys of the page',
            numeric: true,
            cell: (node) => (isMaster(node) && keys ? count(keys.get(node.address) ?? 0) : '–'),
          },
        ]}
        empty="No node was reached yet."
      />
      {homeless !== undefined && (
        <p className="mt-1 text-bad">Nobody has the slots of {homeless} keys of the page.</p>
      )}
      <p className="mt-1 text-[12px] text-muted">
        As the answering process knows it; it reads from masters alone. A page has a key for its
        list and one for each post, and is read from them unless the process has it at hand.
      </p>
    </Panel>
  );
}
