import type { KeyTestStatus } from '../../api/types';
import { count, words } from '../../ui/format';
import { Stat, Stats } from '../../ui/stat';

const TELLS: Record<string, string> = {
  IDLE: 'No test has run yet. Start one above.',
  GENERATING: 'Keys are being written.',
  DRAINING: 'All keys are written; the last ones are expiring.',
  STOPPED: 'Stopped before all keys were written; those that were written still fire.',
  DONE: 'Every key has fired.',
};

export function Progress({ status }: { status: KeyTestStatus | undefined }) {
  const percent = status?.percent ?? 0;
  const dead = Number(status?.dead ?? 0);
  return (
    <section aria-label="Progress" className="grid grid-cols-1 gap-2">
      <div className="flex items-baseline justify-between">
        <p role="status">
          <b className="font-semibold">{status ? words(status.state) : 'not known'}</b>{' '}
          <span className="text-muted">
            {status &&
              (status.state === 'DONE' && dead > 0
                ? 'All keys were consumed or given up.'
                : TELLS[status.state])}
          </span>
        </p>
        <p className="text-[19px] font-semibold tabular-nums" data-testid="percent">
          {percent.toFixed(percent === 0 || percent === 100 ? 0 : 1)} %
        </p>
      </div>
      <div
        role="progressbar"
        aria-label="Keys that are consumed or dead"
        aria-valuenow={Math.round(percent)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-2.5 overflow-hidden rounded bg-sunken"
      >
        <div className="h-full" style={{ width: `${percent}%`, background: 'var(--accent)' }} />
      </div>
      <Stats label="The test now">
        <Stat label="Asked for" value={count(status?.keys)} />
        <Stat label="Generated" value={count(status?.generated)} />
        <Stat label="Consumed" value={count(status?.consumed)} />
        <Stat label="Pending" value={count(status?.pending)} />
        <Stat label="Dead" value={count(status?.dead)} tone={dead > 0 ? 'bad' : undefined} />
        <Stat label="Late, p50" value={late(status?.latenessP50Ms)} />
        <Stat label="Late, p99" value={late(status?.latenessP99Ms)} />
      </Stats>
    </section>
  );
}

function late(ms: number | undefined): string {
  return ms === undefined ? '–' : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}
