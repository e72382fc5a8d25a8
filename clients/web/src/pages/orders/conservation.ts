import type { ReconcilePage } from '../../api/types';

/** What was on stock when it was set from this page, and what the ledger had sold by then. */
export interface Baseline {
  initial: number;
  soldBefore: number;
}

export interface Account {
  ledger: number; // units sold by Postgres' ledger
  reserved: number; // units reserved by Redis
}

/** Sums the accounts of all pages of a reconciliation, by sku. */
export function sumAccounts(pages: ReconcilePage[]): Map<string, Account> {
  const sums = new Map<string, Account>();
  for (const { sku, ledger, reserved } of pages.flatMap((page) => page.skus)) {
    const sum = sums.get(sku) ?? { ledger: 0, reserved: 0 };
    sums.set(sku, {
      ledger: sum.ledger + Number(ledger),
      reserved: sum.reserved + Number(reserved),
    });
  }
  return sums;
}

export type Verdict = 'balances' | 'differs' | 'not checked' | 'initial not known';

/**
 * initial - sold = stock, where initial is what a person has set, sold is Postgres' ledger and stock
 * is Redis'; and the ledger is what Redis has reserved. Orders that are on their way while one looks
 * make a difference that is gone with the next look.
 */
export function verdictOf(
  stock: number,
  account: Account | undefined,
  baseline: Baseline | undefined,
): Verdict {
  if (!account) return 'not checked';
  if (account.ledger !== account.reserved) return 'differs';
  if (!baseline) return 'initial not known';
  const sold = account.ledger - baseline.soldBefore;
  return baseline.initial - sold === stock ? 'balances' : 'differs';
}
