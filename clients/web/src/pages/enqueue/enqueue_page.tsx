import { useState } from 'react';
import type { Queue } from '../../api/types';
import { useHistory } from '../../live/use_history';
import { useLive } from '../../live/use_live';
import { Chart } from '../../ui/chart';
import { rate } from '../../ui/format';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { EnqueueForm } from './enqueue_form';
import { Jobs } from './jobs';
import { PauseButton } from './pause_button';
import { QueuePicker } from './queue_picker';
import { QueueStats } from './queue_stats';

export function EnqueuePage() {
  const [name, setName] = useState('messages');
  const path = `/v1/queues/${encodeURIComponent(name)}`;
  const state = useLive<Queue>(`${path}:watch`, path);
  const queue = state.value;
  const history = useHistory(
    name,
    state.at,
    queue && [Number(queue.processed), Number(queue.failed)],
    'counter',
  );
  return (
    <Page
      title="Enqueue"
      lead="A job queue on Redis: at least once, under leases."
      state={state}
      service="Enqueue"
    >
      <QueuePicker name={name} onPick={setName} />
      <QueueStats queue={queue} />
      <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-2">
        <Panel title="Throughput" aside={<PauseButton path={path} queue={queue} />}>
          <Chart
            label="Throughput"
            unit="runs/s"
            lines={['processed', 'failed']}
            history={history}
            format={rate}
          />
        </Panel>
        <Panel title="Enqueue a message">
          <EnqueueForm queue={name} />
        </Panel>
      </div>
      <Jobs key={name} queue={name} path={path} dead={queue?.dead} />
    </Page>
  );
}
