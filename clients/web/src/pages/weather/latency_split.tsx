import type { Traffic } from '../../api/traffic';
import { seconds as text } from '../../ui/format';

interface Props {
  seconds: number; // in all
  gateway: Traffic;
}

/** Where the time of a call went, as far as it can be seen from here. */
export function LatencySplit({ seconds, gateway }: Props) {
  const alone = gateway.requests === 1;
  const behind = Math.min(seconds, gateway.mean ?? 0);
  const share = seconds > 0 ? (behind / seconds) * 100 : 0;
  return (
    <div>
      <p>
        <b className="font-semibold tabular-nums">{text(seconds)}</b> in all:{' '}
        <span className="tabular-nums">{text(behind)}</span> from the gateway to the worker and back
        {!alone && ` (the mean of ${gateway.requests} calls at that time)`},{' '}
        <span className="tabular-nums">{text(seconds - behind)}</span> between browser and gateway.
      </p>
      <div aria-hidden className="my-1 flex h-2 overflow-hidden rounded bg-sunken">
        <span style={{ width: `${share}%`, background: 'var(--chart-1)' }} />
        <span style={{ width: `${100 - share}%`, background: 'var(--chart-2)' }} />
      </div>
      <p className="text-[12px] text-muted">
        The wait in the stream and the work itself are apart in the metrics of weather and its
        workers, which the gateway does not hand on.
      </p>
    </div>
  );
}
