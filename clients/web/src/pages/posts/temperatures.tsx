import { get } from '../../api/http';
import type { CacheStats, PostPage } from '../../api/types';
import { useAction } from '../../live/use_action';
import { DataTable } from '../../ui/data_table';
import { seconds } from '../../ui/format';
import { ErrorNote } from '../../ui/note';
import { Panel } from '../../ui/panel';
import { type Temperature, percentileOf, temperatureOf } from './cache';

const READS = 30;
const KINDS: (Temperature | 'unknown')[] = ['cold', 'Redis', 'process', 'unknown'];
const NAMES = {
  cold: 'cold: Postgres',
  Redis: 'from Redis',
  process: 'from the process',
  unknown: 'not told apart (others read, too)',
};

interface Row {
  kind: keyof typeof NAMES;
  times: number[]; // seconds
}

/** Reads a page again and again, and tells by the caches' counts where each came from. */
async function measure(user: string): Promise<Row[]> {
  const times: Record<string, number[]> = {};
  let before = await get<CacheStats>('/v1/post/cache');
  for (let i = 0; i < READS; ++i) {
    const start = performance.now();
    await get<PostPage>(`/api/v1/users/${encodeURIComponent(user)}/posts?limit=50`);
    const taken = (performance.now() - start) / 1000;
    const after = await get<CacheStats>('/v1/post/cache');
    (times[temperatureOf(before, after) ?? 'unknown'] ??= []).push(taken);
    before = after;
  }
  return KINDS.filter((kind) => times[kind]).map((kind) => ({ kind, times: times[kind]! }));
}

export function Temperatures({ user }: { user: string }) {
  const { run, busy, result, error } = useAction(measure);
  return (
    <Panel
      title="Cold against cached"
      aside={
        <button className="button" disabled={busy} onClick={() => void run(user)}>
          {busy ? 'Reading…' : `Read ${READS} times`}
        </button>
      }
    >
      <ErrorNote error={error} />
      <DataTable
        caption="How long reads took, by where they came from"
        rows={result ?? []}
        keyOf={(row) => row.kind}
        columns={[
          { name: 'Page', cell: (row) => NAMES[row.kind] },
          { name: 'Reads', numeric: true, cell: (row) => row.times.length },
          { name: 'p50', numeric: true, cell: (row) => seconds(percentileOf(row.times, 0.5)) },
          { name: 'Slowest', numeric: true, cell: (row) => seconds(percentileOf(row.times, 1)) },
        ]}
        empty={`Reads 50 posts of user ${user} ${READS} times, as this browser sees it. Write something first, and the first read is cold.`}
      />
    </Panel>
  );
}
