import { until } from '../browser.mjs';

export const target = '/ui/posts';

/** Makes a user, writes posts, pages to the end and back, and measures cold against cached. */
export async function act(page, url) {
  await page.getByLabel('A new user’s name').fill(`reader-${Date.now()}`);
  await page.getByRole('button', { name: 'Make the user' }).click();
  const made = await page.getByText(/^User \d+ is there/).innerText();
  const user = Number(made.match(/\d+/)[0]);
  for (let i = 1; i <= 22; ++i) {
    await fetch(`${url}/api/v1/posts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user_id: user, content: `Note ${i}` }),
    });
  }
  await page.getByLabel(`As user ${user}`).fill('Note 23, from the page');
  await page.getByRole('button', { name: 'Write' }).click();
  // What was written is on the first page at once.
  await page.getByRole('cell', { name: 'Note 23, from the page' }).waitFor();

  const rows = page
    .getByRole('group', { name: new RegExp(`^Posts of user ${user}, page`) })
    .locator('tbody tr');
  const seen = new Set();
  for (const expected of [10, 10, 3]) {
    await until(`${expected} further posts`, async () => {
      const ids = await rows.locator('td:first-child').allInnerTexts();
      if (ids.length !== expected || ids.some((id) => seen.has(id))) return false;
      return ids.every((id) => seen.add(id));
    });
    const older = page.getByRole('button', { name: 'Older' });
    if (expected === 10) await older.click();
    else if (await older.isEnabled()) throw new Error('there is a page after the last');
  }
  // The last page: its list and three posts, somewhere on three masters that have all slots.
  const nodes = page.getByRole('group', { name: 'Nodes of the Redis Cluster' }).locator('tbody tr');
  await until('the keys of the page on the nodes', async () => {
    const cells = await nodes.evaluateAll((trs) =>
      trs.map((tr) => [...tr.cells].map((cell) => cell.innerText)),
    );
    const masters = cells.filter(([, role]) => role === 'master');
    const keys = masters.reduce((sum, row) => sum + Number(row[4]), 0);
    let next = 0;
    for (const [, , , slots] of masters) {
      const [first, last] = slots.split('–').map(Number);
      if (first !== next) return false;
      next = last + 1;
    }
    return (
      cells.length === 6 &&
      masters.length === 3 &&
      masters.every((row) => /^127\.0\.0\.1:\d+$/.test(row[0]) && row[2] === 'connected') &&
      next === 16_384 &&
      keys === 4
    );
  });
  await page.getByRole('button', { name: 'Newer' }).click();
  await page.getByText(/^page 2,/).waitFor();

  await page.getByRole('button', { name: /^Read \d+ times/ }).click();
  await page
    .getByRole('cell', { name: /from Redis|from the process/ })
    .first()
    .waitFor();
  await page
    .getByRole('group', { name: 'Hot users' })
    .getByRole('button', { name: String(user), exact: true })
    .waitFor();
}
