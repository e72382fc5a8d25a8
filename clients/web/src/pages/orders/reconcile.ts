import { send } from '../../api/http';
import type { ReconcilePage } from '../../api/types';
import { type Account, sumAccounts } from './conservation';

const PAGE_SIZE = 1_000;
const MAX_PAGES = 200;

export interface Checked {
  accounts: Map<string, Account>;
  examined: number;
  findings: number;
  whole: boolean; // false: there are more orders than a page should look at
}

/** Compares all orders with the ledger and Redis' reservations, without repairing anything. */
export async function reconcile(): Promise<Checked> {
  const pages: ReconcilePage[] = [];
  let pageToken = '';
  do {
    const page = await send<ReconcilePage>('POST', '/v1/orders:reconcile', {
      olderThanMs: 1,
      pageSize: PAGE_SIZE,
      pageToken,
    });
    pages.push(page);
    pageToken = page.nextPageToken;
  } while (pageToken && pages.length < MAX_PAGES);
  return {
    accounts: sumAccounts(pages),
    examined: pages.reduce((sum, page) => sum + Number(page.examined), 0),
    findings: pages.reduce((sum, page) => sum + page.findings.length, 0),
    whole: !pageToken,
  };
}
