import type { CacheStats } from '../../api/types';
import { useHistory } from '../../live/use_history';
import { Chart } from '../../ui/chart';
import { count, percent, rate } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { Stat, Stats } from '../../ui/stat';
import { localRatio, redisRatio } from './cache';

export function CachePanel({ stats, at }: { stats: CacheStats | undefined; at: number }) {
  const history = useHistory(
    'cache',
    at,
    stats && [
      stats.local_hits,
      stats.list_hits + stats.object_hits,
      stats.list_misses + stats.object_misses,
    ],
    'counter',
  );
  return (
    <Panel
      title="Caches"
      aside={<span className="text-[12px] text-muted">since the answering process’ start</span>}
    >
      <Stats label="The caches of the answering process">
        <Stat label="Process: hits" value={percent(stats && localRatio(stats))} note="of pages" />
        <Stat
          label="Redis: hits"
          value={percent(stats && redisRatio(stats))}
          note="of lists and posts"
        />
        <Stat label="Past Redis" value={count(stats?.bypassed)} note="reads while it was away" />
        <Stat
          label="Not the same"
          value={count(stats?.mismatches)}
          note={`of ${count(stats?.audited)} audited`}
          tone={stats && stats.mismatches > 0 ? 'bad' : undefined}
        />
      </Stats>
      <div className="mt-3">
        <Chart
          label="Reads by where they came from"
          unit="a second"
          lines={['process', 'Redis', 'missed']}
          history={history}
          format={rate}
        />
      </div>
    </Panel>
  );
}
