import type { KeyTestStatus } from '../../api/types';
import { useHistory } from '../../live/use_history';
import { useLive } from '../../live/use_live';
import { Chart } from '../../ui/chart';
import { rate } from '../../ui/format';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { Controls } from './controls';
import { Lateness } from './lateness';
import { Progress } from './progress';

export function KeyTestPage() {
  const state = useLive<KeyTestStatus>('/v1/keytest:watch?intervalMs=500', '/v1/keytest/status');
  const status = state.value;
  const history = useHistory(
    status?.runId ?? '',
    state.at,
    status && [Number(status.generated), Number(status.consumed)],
    'counter',
  );
  return (
    <Page
      title="KeyTest"
      lead="Keys that expire in Redis: every expiry fires, once, and one can watch it."
      state={state}
      service="KeyTest"
    >
      <Panel title="Test">
        <Controls status={status} />
      </Panel>
      <Progress status={status} />
      <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-2">
        <Panel title="Keys a second">
          <Chart
            label="Keys a second"
            unit="keys/s"
            lines={['generated', 'consumed']}
            history={history}
            format={rate}
          />
        </Panel>
        <Lateness status={status} />
      </div>
    </Page>
  );
}
