import { useEffect, useState } from 'react';
import { get, withQuery } from '../../api/http';
import type { Order } from '../../api/types';
import { useAction } from '../../live/use_action';
import { Tag } from '../../ui/badge';
import { DataTable } from '../../ui/data_table';
import { timeOfDay, words } from '../../ui/format';
import { ErrorNote } from '../../ui/note';
import { Panel } from '../../ui/panel';
import { STATUSES, toneOf } from './statuses';

interface Page {
  orders: Order[];
  nextPageToken: string;
}

interface Props {
  onShow: (id: string) => void;
  total: number | undefined; // when it changes, the first page is asked for anew
}

export function OrderList({ onShow, total }: Props) {
  const [status, setStatus] = useState('');
  const [tokens, setTokens] = useState(['']);
  const { run, result, error } = useAction(() =>
    get<Page>(withQuery('/v1/orders', { status, pageSize: 12, pageToken: tokens.at(-1) })),
  );
  useEffect(() => {
    void run();
  }, [status, tokens, tokens.length === 1 ? total : 0]);
  const next = result?.nextPageToken;
  return (
    <Panel
      title="Orders, newest first"
      aside={
        <select
          aria-label="Orders by status"
          className="input w-auto"
          value={status}
          onChange={(event) => {
            setStatus(event.target.value);
            setTokens(['']);
          }}
        >
          <option value="">all</option>
          {STATUSES.map((name) => (
            <option key={name} value={name.toUpperCase()}>
              {name}
            </option>
          ))}
        </select>
      }
    >
      <ErrorNote error={error} />
      <DataTable
        caption="Orders, newest first"
        rows={result?.orders ?? []}
        keyOf={(order) => order.id}
        columns={[
          {
            name: 'Order',
            cell: (order) => (
              <button
                className="break-all text-left text-accent underline"
                onClick={() => onShow(order.id)}
              >
                {order.id}
              </button>
            ),
          },
          { name: 'Article', cell: (order) => order.sku },
          { name: 'Quantity', numeric: true, cell: (order) => order.qty },
          {
            name: 'Status',
            cell: (order) => <Tag tone={toneOf(order.status)}>{words(order.status)}</Tag>,
          },
          { name: 'Received', numeric: true, cell: (order) => timeOfDay(order.receivedAt) },
        ]}
        empty="There is no such order yet. Set the stock of an article, then place an order above."
      />
      <div className="mt-2 flex gap-2">
        <button
          className="button"
          disabled={tokens.length === 1}
          onClick={() => setTokens(tokens.slice(0, -1))}
        >
          Newer
        </button>
        <button className="button" disabled={!next} onClick={() => setTokens([...tokens, next!])}>
          Older
        </button>
      </div>
    </Panel>
  );
}
