import { useEffect, useState } from 'react';
import { get, send } from '../../api/http';
import type { Order } from '../../api/types';
import { useAction } from '../../live/use_action';
import { Tag } from '../../ui/badge';
import { DataTable } from '../../ui/data_table';
import { Field } from '../../ui/field';
import { seconds, timeOfDay, words } from '../../ui/format';
import { ErrorNote } from '../../ui/note';
import { toneOf } from './statuses';
import { isSettled, stepsOf } from './steps';

const LOOK_AGAIN_MS = 400;

const pathOf = (id: string) => `/v1/orders/${encodeURIComponent(id)}`;

/** What has become of an order; looks again until it is at its end. */
export function Timeline({ id, onShow }: { id: string; onShow: (id: string) => void }) {
  const [typed, setTyped] = useState(id);
  const order = useAction((wanted: string) => get<Order>(pathOf(wanted)));
  const cancel = useAction((wanted: string) => send<Order>('POST', `${pathOf(wanted)}:cancel`));
  const { run, result } = order;
  useEffect(() => {
    setTyped(id);
    if (id) void run(id);
  }, [id]);
  useEffect(() => {
    if (!result || result.id !== id || isSettled(result)) return;
    const timer = setTimeout(() => void run(id), LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [result, id]);
  const shown = result?.id === id ? result : undefined;
  return (
    <div className="grid grid-cols-1 gap-2">
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === id) void run(id);
          onShow(typed);
        }}
      >
        <Field label="Order’s id" value={typed} onChange={setTyped} required className="grow" />
        <button className="button">Look</button>
      </form>
      <ErrorNote error={id ? (order.error ?? cancel.error) : undefined} />
      {!shown && !order.error && (
        <p className="text-muted">Place an order, or pick one from the list, to follow it here.</p>
      )}
      {shown && (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p>
              {shown.qty} × {shown.sku}:{' '}
              <Tag tone={toneOf(shown.status)}>{words(shown.status)}</Tag>
              {shown.reason && ` (${shown.reason})`}
            </p>
            {['RECEIVED', 'RESERVED', 'NOTIFIED'].includes(shown.status) && (
              <button
                className="button"
                disabled={cancel.busy}
                onClick={async () => {
                  if (await cancel.run(id)) void run(id);
                }}
              >
                Cancel it
              </button>
            )}
          </div>
          <DataTable
            caption={`The way of order ${shown.id}`}
            rows={stepsOf(shown)}
            keyOf={(step) => step.name}
            columns={[
              { name: 'Step', cell: (step) => step.name },
              { name: 'At', numeric: true, cell: (step) => timeOfDay(step.at) },
              { name: 'After the one before', numeric: true, cell: (step) => seconds(step.after) },
            ]}
            empty="Nothing has happened yet."
          />
        </>
      )}
    </div>
  );
}
