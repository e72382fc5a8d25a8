import type { ClusterNode, HotUser } from '../../api/types';
import { DataTable } from '../../ui/data_table';
import { count } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { SLOTS, slotOf } from './cache';
import { ownerOf } from './shards';

interface Props {
  hot: HotUser[];
  nodes: ClusterNode[];
  onUser: (user: string) => void;
}

/** The most read users, and where in the Redis Cluster their keys are. */
export function HotUsers({ hot, nodes, onUser }: Props) {
  return (
    <Panel title="Hot users and their slots">
      <div
        role="img"
        aria-label="Where the hot users' keys are among the 16,384 slots; the table has the numbers"
        className="relative h-3 rounded-sm border border-line bg-sunken"
      >
        {hot.map(({ user_id }) => (
          <span
            key={user_id}
            className="absolute inset-y-0 w-0.5"
            style={{ left: `${(slotOf(user_id) / SLOTS) * 100}%`, background: 'var(--chart-1)' }}
          />
        ))}
      </div>
      <p className="mb-1 flex justify-between text-[12px] text-muted">
        <span>slot 0</span>
        <span>{SLOTS - 1}</span>
      </p>
      <DataTable
        caption="Hot users"
        rows={hot}
        keyOf={(user) => user.user_id}
        columns={[
          {
            name: 'User',
            cell: ({ user_id }) => (
              <button className="text-accent underline" onClick={() => onUser(String(user_id))}>
                {user_id}
              </button>
            ),
          },
          { name: 'Reads of late', numeric: true, cell: (user) => count(user.reads) },
          { name: 'Slot', numeric: true, cell: (user) => slotOf(user.user_id) },
          {
            name: 'Node',
            cell: (user) => <code>{ownerOf(nodes, slotOf(user.user_id))?.address ?? '–'}</code>,
          },
        ]}
        empty="Nobody has been read of late. Read a user’s posts."
      />
    </Panel>
  );
}
