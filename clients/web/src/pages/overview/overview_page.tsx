import { type Traffic, serviceOf, trafficBetween } from '../../api/traffic';
import { useHistory } from '../../live/use_history';
import { Chart } from '../../ui/chart';
import { DataTable } from '../../ui/data_table';
import { rate } from '../../ui/format';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { MeshPicture, presenceOf } from './mesh_picture';
import { SERVICES } from './services';
import { EdgeTable, RpcTable } from './traffic_tables';
import { WINDOW_MS, useMesh } from './use_mesh';

const NAMES = SERVICES.map((service) => service.name);

export function OverviewPage() {
  const { state, looks } = useMesh();
  const now = looks.at(-1);
  const before = looks[0];
  const last = looks.at(-2);
  const measured = now && before && now !== before;
  const traffic: Record<string, Traffic | undefined> = {};
  if (measured) {
    for (const { key } of SERVICES) {
      traffic[key] = trafficBetween(before, now, (rpc) => serviceOf(rpc) === key);
    }
  }
  const total = measured ? trafficBetween(before, now, () => true) : undefined;
  const history = useHistory(
    'overview',
    last ? now!.at : 0,
    last &&
      SERVICES.map(({ key }) => trafficBetween(last, now!, (rpc) => serviceOf(rpc) === key).rate),
  );
  const summaries = state.value?.summaries ?? {};
  const ready = state.value?.readiness.ready ?? false;
  const seconds = measured ? Math.round((now.at - before.at) / 1000) : 0;
  const edges = [
    { name: 'clients to gateway', traffic: total, state: ready ? 'ready' : 'not ready' },
    ...SERVICES.map((service) => ({
      name: `gateway to ${service.name}`,
      traffic: traffic[service.key],
      state: presenceOf(now, service.full),
    })),
  ];
  return (
    <Page
      title="Overview"
      lead="Who calls whom, how often, with how many errors, and how fast."
      state={state}
      polled
      service="The gateway"
    >
      <Panel
        title="Mesh"
        aside={
          <span className="text-[12px] text-muted">
            calls a second, share of 5xx, p99 over the last {seconds || WINDOW_MS / 1000} s
          </span>
        }
      >
        <MeshPicture
          look={now}
          ready={ready}
          total={total}
          traffic={traffic}
          summaries={summaries}
        />
        <p className="mt-2 text-[12px] text-muted">
          From the gateway’s own <a href="/metrics">/metrics</a>, where this page’s calls count,
          too. A service is ready when its health check says that it has what it depends on; what
          lies behind it is told by the service. The metrics and the readiness of workers,
          processors and databases are on ports that a browser does not reach:{' '}
          <code>./trellis status</code> and Prometheus have them.
        </p>
      </Panel>
      <Panel title="Edges">
        <EdgeTable rows={edges} />
      </Panel>
      <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-2">
        <Panel title="Calls by service">
          <Chart
            label="Calls by service"
            unit="calls/s"
            lines={NAMES}
            history={history}
            format={rate}
          />
        </Panel>
        <Panel title="What waits">
          <DataTable
            caption="Queues and their depths"
            rows={SERVICES.flatMap(({ key }) => summaries[key]?.depths ?? [])}
            keyOf={(row) => row.where}
            columns={[
              { name: 'Where', cell: (row) => row.where },
              { name: 'Waiting', numeric: true, cell: (row) => row.waiting },
              { name: 'At work', numeric: true, cell: (row) => row.atWork },
              { name: 'Dead', numeric: true, cell: (row) => row.dead },
              { name: 'Workers', numeric: true, cell: (row) => row.workers },
            ]}
            empty="Nothing has been queued yet. Enqueue a message on the page Enqueue."
          />
        </Panel>
      </div>
      <Panel title="Calls by RPC">
        {measured ? (
          <RpcTable before={before} now={now} />
        ) : (
          <p className="text-muted">Measuring…</p>
        )}
      </Panel>
    </Page>
  );
}
