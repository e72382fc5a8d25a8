import { until } from '../browser.mjs';

export const target = '/ui/orders';

/** Sets a stock, places an order, places it again, and sees that the stock is what it must be. */
export async function act(page, url) {
  const sku = `case-${process.pid}`;
  const stock = page.getByRole('region', { name: 'Inventory', exact: true });
  await stock.getByLabel('Article (sku)').fill(sku);
  await stock.getByLabel('Quantity on stock').fill('50');
  await stock.getByRole('button', { name: 'Set the stock' }).click();
  const row = page.getByRole('row', { name: new RegExp(`^${sku}`) });
  await row.getByText('balances').first().waitFor();

  const form = page.getByRole('region', { name: 'Place an order' });
  await form.getByLabel('Article (sku)').fill(sku);
  await form.getByLabel('Quantity').fill('3');
  const id = await form.getByLabel('Id').inputValue();
  await form.getByRole('button', { name: 'Place the order' }).click();
  await form.getByText(`Accepted: ${id}`).waitFor();
  await form.getByRole('button', { name: 'Place it again' }).click();
  await form.getByText(/^Duplicate/).waitFor();

  const way = page.getByRole('region', { name: 'An order’s way' });
  for (const step of ['received', 'reserved', 'notified']) {
    await way.getByRole('cell', { name: step, exact: true }).waitFor();
  }
  // Taken once, and the books balance.
  await until('a stock of 47', async () => (await row.locator('td').nth(3).innerText()) === '47');
  await page.getByRole('button', { name: /^Check that/ }).click();
  await until('sold 3', async () => (await row.locator('td').nth(2).innerText()) === '3');
  await row.getByText('balances').waitFor();
  const { quantity } = await (await fetch(`${url}/v1/inventory/${sku}`)).json();
  if (quantity !== '47') throw new Error(`the stock is ${quantity}`);
}
