import { get } from '../../api/http';
import type { WeatherStats } from '../../api/types';
import { useHistory } from '../../live/use_history';
import { usePolled } from '../../live/use_polled';
import { Chart } from '../../ui/chart';
import { count } from '../../ui/format';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { Stat, Stats } from '../../ui/stat';
import { AskForm } from './ask_form';
import { CircuitPanel } from './circuit_panel';

const ask = (signal: AbortSignal) => get<WeatherStats>('/v1/weather/stats', signal);

export function WeatherPage() {
  const state = usePolled(ask, 1_000);
  const stats = state.value;
  const history = useHistory(
    stats?.instance ?? '',
    state.at,
    stats && [stats.waiting, Number(stats.pending), Number(stats.lag)],
  );
  return (
    <Page
      title="Weather"
      lead="Request and reply over Redis Streams: one outcome for each call, by its deadline."
      state={state}
      polled
      service="Weather"
    >
      <Stats label="The service and its streams now">
        <Stat label="Waiting calls" value={count(stats?.waiting)} />
        <Stat label="Limit" value={count(stats?.limit)} note="calls at a time" />
        <Stat label="Stream lag" value={count(stats?.lag)} note="taken by nobody yet" />
        <Stat label="Pending" value={count(stats?.pending)} note="at a worker" />
        <Stat label="Requests kept" value={count(stats?.requestStreamLength)} />
        <Stat label="Replies kept" value={count(stats?.replyStreamLength)} />
        <Stat label="Workers known" value={count(stats?.consumers)} />
      </Stats>
      <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Panel title="Ask for a city">
          <AskForm />
        </Panel>
        <div className="grid grid-cols-1 gap-3">
          <CircuitPanel circuit={stats?.circuit} />
          <Panel title="In hand">
            <Chart
              label="Calls in hand"
              unit="calls"
              lines={['waiting', 'pending', 'lag']}
              history={history}
              format={count}
            />
          </Panel>
        </div>
      </div>
    </Page>
  );
}
