import type { KeyTestStatus } from '../../api/types';
import { BarChart } from '../../ui/bar_chart';
import { count } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { labelsOf } from './buckets';

/** How late keys were consumed after they were due. */
export function Lateness({ status }: { status: KeyTestStatus | undefined }) {
  const buckets = status?.lateness ?? [];
  return (
    <Panel title="Lateness">
      <BarChart
        label="Keys by how late they were consumed"
        unit="keys, by ms after they were due"
        names={labelsOf(buckets)}
        values={buckets.map((bucket) => Number(bucket.count))}
        format={count}
        empty="No key has fired yet. Start a test."
      />
    </Panel>
  );
}
