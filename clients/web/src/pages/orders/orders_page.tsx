import { useState } from 'react';
import type { Dashboard } from '../../api/types';
import { useHistory } from '../../live/use_history';
import { useLive } from '../../live/use_live';
import { Chart } from '../../ui/chart';
import { count, rate } from '../../ui/format';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { Stat, Stats } from '../../ui/stat';
import { InventoryPanel } from './inventory_panel';
import { OrderList } from './order_list';
import { PlaceForm } from './place_form';
import { STATUSES } from './statuses';
import { Timeline } from './timeline';

const PATH = '/dashboard/metrics';

export function OrdersPage() {
  const state = useLive<Dashboard>(`${PATH}:watch`, PATH);
  const [shown, setShown] = useState('');
  const dashboard = state.value;
  const total = dashboard && Object.values(dashboard.orders).reduce((sum, n) => sum + Number(n), 0);
  const sent = Number(dashboard?.notifications.sent ?? 0);
  const history = useHistory('orders', state.at, dashboard && [total!, sent], 'counter');
  return (
    <Page
      title="Orders"
      lead="Accepted at once, then reserved or rejected, and the customer is told: each once."
      state={state}
      service="Orders"
    >
      <Stats label="Orders now">
        {STATUSES.map((status) => (
          <Stat
            key={status}
            label={status.charAt(0).toUpperCase() + status.slice(1)}
            value={count(dashboard && (dashboard.orders[status] ?? 0))}
          />
        ))}
        <Stat label="Notifications" value={count(dashboard?.notifications.sent)} />
        <Stat
          label="Outbox"
          value={count(dashboard?.outbox.depth)}
          note={dashboard && `oldest ${count(dashboard.outbox.oldestAgeMs)} ms`}
        />
      </Stats>
      <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-2">
        <Panel title="Place an order">
          <PlaceForm skus={Object.keys(dashboard?.inventory ?? {})} onPlaced={setShown} />
        </Panel>
        <Panel title="An order’s way">
          <Timeline id={shown} onShow={setShown} />
        </Panel>
      </div>
      <InventoryPanel inventory={dashboard?.inventory} />
      <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-2">
        <OrderList onShow={setShown} total={total} />
        <Panel title="Throughput">
          <Chart
            label="Throughput"
            unit="a second"
            lines={['orders', 'notifications']}
            history={history}
            format={rate}
          />
        </Panel>
      </div>
    </Page>
  );
}
