import { type Look, type Traffic, serviceOf, trafficBetween } from '../../api/traffic';
import { type Column, DataTable } from '../../ui/data_table';
import { count, percent, rate, seconds } from '../../ui/format';

export interface TrafficRow {
  name: string;
  traffic: Traffic | undefined;
  state?: string;
}

const NUMBERS: Column<TrafficRow>[] = [
  { name: 'Calls/s', numeric: true, cell: ({ traffic }) => rate(traffic?.rate) },
  { name: '5xx', numeric: true, cell: ({ traffic }) => share(traffic, traffic?.serverErrors) },
  { name: '4xx', numeric: true, cell: ({ traffic }) => share(traffic, traffic?.clientErrors) },
  { name: 'p50', numeric: true, cell: ({ traffic }) => seconds(traffic?.p50) },
  { name: 'p99', numeric: true, cell: ({ traffic }) => seconds(traffic?.p99) },
  { name: 'Calls', numeric: true, cell: ({ traffic }) => count(traffic?.requests) },
];

function share(traffic: Traffic | undefined, of: number | undefined): string {
  return traffic && traffic.requests > 0 ? percent(of) : '–';
}

export function EdgeTable({ rows }: { rows: TrafficRow[] }) {
  return (
    <DataTable
      caption="The edges of the mesh"
      rows={rows}
      keyOf={(row) => row.name}
      columns={[
        { name: 'Edge', cell: (row) => row.name },
        { name: 'State', cell: (row) => row.state ?? '–' },
        ...NUMBERS,
      ]}
      empty="The gateway has not been asked yet."
    />
  );
}

/** The RPCs that were called in the window, the busiest first. */
export function RpcTable({ before, now }: { before: Look; now: Look }) {
  const rows = [...now.rpcs.keys()]
    .map((name) => ({ name, traffic: trafficBetween(before, now, (rpc) => rpc === name) }))
    .filter((row) => row.traffic.requests > 0)
    .sort((a, b) => b.traffic.requests - a.traffic.requests || a.name.localeCompare(b.name));
  return (
    <DataTable
      caption="Calls by RPC"
      rows={rows}
      keyOf={(row) => row.name}
      columns={[{ name: 'RPC', cell: (row) => rpcLabel(row.name) }, ...NUMBERS]}
      empty="No calls in the last seconds. Try a page on the left, or curl -d hello localhost:8080/enqueue."
    />
  );
}

function rpcLabel(name: string): string {
  if (serviceOf(name) === 'none') return 'the gateway itself (pages, /metrics, unknown paths)';
  return name.split('.').at(-1)!;
}
