import { useState } from 'react';
import { ApiError } from '../../api/errors';
import { send } from '../../api/http';
import type { Order } from '../../api/types';
import { useAction } from '../../live/use_action';
import { Field } from '../../ui/field';
import { ErrorNote, Note } from '../../ui/note';

interface Placed {
  id: string;
  duplicate: boolean;
}

/** A second order with an id is refused, which is what a duplicate shall come to. */
async function place(id: string, sku: string, qty: string): Promise<Placed> {
  try {
    await send<{ order: Order }>('POST', '/orders', { id, sku, qty: Number(qty) });
    return { id, duplicate: false };
  } catch (error) {
    if (error instanceof ApiError && error.code === 'ALREADY_EXISTS')
      return { id, duplicate: true };
    throw error;
  }
}

function newId(): string {
  return `order-${Date.now().toString(36)}-${Math.floor(Math.random() * 1296).toString(36)}`;
}

interface Props {
  skus: string[];
  onPlaced: (id: string) => void;
}

export function PlaceForm({ skus, onPlaced }: Props) {
  const [id, setId] = useState(newId);
  const [sku, setSku] = useState('mag-safe-phone-case');
  const [qty, setQty] = useState('1');
  const { run, busy, result, error } = useAction(place);
  return (
    <form
      className="grid grid-cols-1 gap-2"
      onSubmit={async (event) => {
        event.preventDefault();
        if (await run(id, sku, qty)) onPlaced(id);
      }}
    >
      <Field label="Id" value={id} onChange={setId} required error={error?.fields.id} />
      <div className="grid grid-cols-[1fr_6rem] gap-2">
        <Field
          label="Article (sku)"
          value={sku}
          onChange={setSku}
          required
          list="skus"
          error={error?.fields.sku}
        />
        <Field
          label="Quantity"
          value={qty}
          onChange={setQty}
          required
          type="number"
          min={1}
          error={error?.fields.qty}
        />
      </div>
      <datalist id="skus">
        {skus.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className="flex flex-wrap gap-2">
        <button className="button button-main" disabled={busy}>
          {result?.id === id ? 'Place it again' : 'Place the order'}
        </button>
        <button type="button" className="button" onClick={() => setId(newId())}>
          New id
        </button>
      </div>
      {result && (
        <Note tone={result.duplicate ? 'warn' : 'good'}>
          {result.duplicate
            ? `Duplicate: there is an order ${result.id} already, and nothing was taken twice.`
            : `Accepted: ${result.id}`}
        </Note>
      )}
      <ErrorNote error={error} />
    </form>
  );
}
