import { useState } from 'react';
import { send } from '../../api/http';
import { useAction } from '../../live/use_action';
import { Tag } from '../../ui/badge';
import { DataTable } from '../../ui/data_table';
import { Field } from '../../ui/field';
import { count } from '../../ui/format';
import { ErrorNote, Note } from '../../ui/note';
import { Panel } from '../../ui/panel';
import { useBaselines } from './baselines';
import { type Verdict, verdictOf } from './conservation';
import { type Checked, reconcile } from './reconcile';

const TONES = {
  balances: 'good',
  differs: 'bad',
  'not checked': 'plain',
  'initial not known': 'plain',
} as const satisfies Record<Verdict, string>;

/** What is on stock, and whether it is what it must be. */
export function InventoryPanel({ inventory }: { inventory: Record<string, string> | undefined }) {
  const { baselines, add } = useBaselines();
  const check = useAction(reconcile);
  const set = useAction(async (sku: string, quantity: string) => {
    await send('PUT', `/v1/inventory/${encodeURIComponent(sku)}`, { quantity });
    const checked = await check.run();
    const soldBefore = checked?.accounts.get(sku)?.ledger ?? 0;
    add(sku, { initial: Number(quantity), soldBefore });
  });
  const accounts = check.result?.accounts;
  const rows = Object.entries(inventory ?? {})
    .map(([sku, stock]) => {
      const account = accounts && (accounts.get(sku) ?? { ledger: 0, reserved: 0 });
      const baseline = baselines[sku];
      const verdict = verdictOf(Number(stock), account, baseline);
      return { sku, stock, account, baseline, verdict };
    })
    .sort((a, b) => a.sku.localeCompare(b.sku));
  return (
    <Panel
      title="Inventory"
      aside={
        <button className="button" disabled={check.busy} onClick={() => void check.run()}>
          Check that initial − sold = stock
        </button>
      }
    >
      <div className="grid grid-cols-1 gap-2">
        <ErrorNote error={check.error ?? set.error} />
        {check.result && <CheckNote checked={check.result} />}
        <DataTable
          caption="Inventory"
          rows={rows}
          keyOf={(row) => row.sku}
          columns={[
            { name: 'Article', cell: (row) => row.sku },
            { name: 'Initial', numeric: true, cell: (row) => count(row.baseline?.initial) },
            {
              name: 'Sold since (ledger)',
              numeric: true,
              cell: (row) =>
                count(row.account && row.account.ledger - (row.baseline?.soldBefore ?? 0)),
            },
            { name: 'Stock', numeric: true, cell: (row) => count(row.stock) },
            {
              name: 'Reserved in all (Redis)',
              numeric: true,
              cell: (row) => count(row.account?.reserved),
            },
            { name: 'Check', cell: (row) => <Tag tone={TONES[row.verdict]}>{row.verdict}</Tag> },
          ]}
          empty="Nothing is on stock, so every order is rejected. Set an article’s quantity below."
        />
        <StockForm busy={set.busy} onSet={(sku, quantity) => void set.run(sku, quantity)} />
      </div>
    </Panel>
  );
}

function CheckNote({ checked }: { checked: Checked }) {
  return (
    <Note tone={checked.findings > 0 ? 'warn' : 'good'}>
      {count(checked.examined)} orders and reservations compared with the ledger, {checked.findings}{' '}
      findings
      {!checked.whole && ', and there are more: trellis order reconcile looks at all of them'}
    </Note>
  );
}

function StockForm({
  busy,
  onSet,
}: {
  busy: boolean;
  onSet: (sku: string, quantity: string) => void;
}) {
  const [sku, setSku] = useState('mag-safe-phone-case');
  const [quantity, setQuantity] = useState('100');
  return (
    <form
      className="flex flex-wrap items-end gap-2 border-t border-line pt-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSet(sku, quantity);
      }}
    >
      <Field label="Article (sku)" value={sku} onChange={setSku} required className="w-56" />
      <Field
        label="Quantity on stock"
        value={quantity}
        onChange={setQuantity}
        required
        type="number"
        min={0}
        className="w-36"
      />
      <button className="button" disabled={busy}>
        Set the stock
      </button>
    </form>
  );
}
