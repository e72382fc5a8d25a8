import type { Queue } from '../../api/types';
import { count, durationSeconds, seconds } from '../../ui/format';
import { Stat, Stats } from '../../ui/stat';

export function QueueStats({ queue }: { queue: Queue | undefined }) {
  const oldest = durationSeconds(queue?.oldestAge);
  return (
    <Stats label="The queue now">
      <Stat label="Ready" value={count(queue?.ready)} />
      <Stat label="In flight" value={count(queue?.inFlight)} />
      <Stat label="Scheduled" value={count(queue?.scheduled)} />
      <Stat label="Retrying" value={count(queue?.retrying)} />
      <Stat
        label="Dead"
        value={count(queue?.dead)}
        tone={Number(queue?.dead) > 0 ? 'bad' : undefined}
      />
      <Stat label="Oldest ready" value={queue && oldest === undefined ? 'none' : seconds(oldest)} />
      <Stat label="Processed" value={count(queue?.processed)} />
      <Stat label="Failed runs" value={count(queue?.failed)} />
      <Stat
        label="Workers"
        value={count(queue?.workers)}
        note={queue?.paused ? 'paused' : undefined}
      />
    </Stats>
  );
}
