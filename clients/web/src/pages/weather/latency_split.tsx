import type { Traffic } from '../../api/traffic';
import type { Forecasts } from '../../api/types';
import { DataTable } from '../../ui/data_table';
import { percent, seconds as text } from '../../ui/format';
import { splitOf } from './split';

interface Props {
  seconds: number; // in all
  gateway: Traffic;
  timing: Forecasts['timing'];
}

/** Where the time of a call went. */
export function LatencySplit({ seconds, gateway, timing }: Props) {
  // Of several calls the gateway has the mean alone, which is not that of this one.
  const parts = splitOf(seconds, gateway.requests === 1 ? gateway.mean : undefined, timing);
  const rows = parts.map((part, i) => ({ ...part, colour: `var(--chart-${i + 1})` }));
  return (
    <div>
      <p>
        <b className="font-semibold tabular-nums">{text(seconds)}</b> in all:
      </p>
      <div
        role="img"
        aria-label="Where the time of the call went; the table has the numbers"
        className="my-1 flex h-3 overflow-hidden rounded bg-sunken"
      >
        {rows.map(({ name, seconds: taken, colour }) => (
          <span
            key={name}
            style={{ width: `${seconds > 0 ? (taken / seconds) * 100 : 0}%`, background: colour }}
          />
        ))}
      </div>
      <DataTable
        caption="Where the time of the call went"
        rows={rows}
        keyOf={(row) => row.name}
        columns={[
          {
            name: 'Part',
            cell: (row) => (
              <span className="inline-flex items-center gap-1.5">
                <span aria-hidden className="size-2" style={{ background: row.colour }} />
                {row.name}
              </span>
            ),
          },
          { name: 'Time', numeric: true, cell: (row) => text(row.seconds) },
          {
            name: 'Share',
            numeric: true,
            cell: (row) => percent(seconds > 0 ? row.seconds / seconds : undefined, 0),
          },
        ]}
        empty="Nothing was measured."
      />
      <p className="mt-1 text-[12px] text-muted">
        {timing
          ? 'The wait in the stream is by Redis’ clock, which tells milliseconds apart.'
          : 'The service did not say where its part went.'}
        {gateway.requests > 1 &&
          ` The gateway had ${gateway.requests} calls meanwhile, so its part is in the browser’s.`}
      </p>
    </div>
  );
}
