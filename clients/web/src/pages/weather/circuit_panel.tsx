import { send } from '../../api/http';
import type { Circuit } from '../../api/types';
import { useAction } from '../../live/use_action';
import { Tag } from '../../ui/badge';
import { count, percent, words } from '../../ui/format';
import { ErrorNote } from '../../ui/note';
import { Panel } from '../../ui/panel';

const TONES = { CLOSED: 'good', HALF_OPEN: 'warn', OPEN: 'bad', ISOLATED: 'bad' } as const;

export function CircuitPanel({ circuit }: { circuit: Circuit | undefined }) {
  const { run, busy, error } = useAction((action: 'ISOLATE' | 'RESET') =>
    send<Circuit>('POST', '/v1/weather/circuit', { action }),
  );
  const tone = TONES[circuit?.state as keyof typeof TONES] ?? 'plain';
  return (
    <Panel
      title="Circuit"
      aside={
        <span className="flex gap-2">
          <button
            className="button"
            disabled={busy || !circuit}
            onClick={() => void run('ISOLATE')}
          >
            Isolate
          </button>
          <button className="button" disabled={busy || !circuit} onClick={() => void run('RESET')}>
            Reset
          </button>
        </span>
      }
    >
      <ErrorNote error={error} />
      <dl className="grid grid-cols-[auto_1fr] gap-x-4">
        <dt className="text-muted">State</dt>
        <dd>{circuit ? <Tag tone={tone}>{words(circuit.state)}</Tag> : '–'}</dd>
        <dt className="text-muted">Calls in the window</dt>
        <dd className="tabular-nums">{count(circuit?.calls)}</dd>
        <dt className="text-muted">Failed, slow</dt>
        <dd className="tabular-nums">
          {percent(circuit?.failureRate)}, {percent(circuit?.slowCallRate)}
        </dd>
        <dt className="text-muted">Refused, probes now</dt>
        <dd className="tabular-nums">
          {count(circuit?.refused)}, {count(circuit?.probes)}
        </dd>
        <dt className="text-muted">Instance</dt>
        <dd className="truncate">
          <code>{circuit?.instance ?? '–'}</code>
        </dd>
      </dl>
    </Panel>
  );
}
