import { until } from '../browser.mjs';

export const target = '/ui/weather';

/** Asks for a city, then isolates the circuit, is refused, and closes it again. */
export async function act(page) {
  await page.getByLabel('City', { exact: true }).fill('Rome');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByText(/in all:/).waitFor();
  const days = page.getByRole('group', { name: 'The forecast for Rome' }).locator('tbody tr');
  if ((await days.count()) !== 5) throw new Error(`${await days.count()} days`);

  // The parts from the browser to the worker, which add up to the whole.
  const split = page.getByRole('group', { name: 'Where the time of the call went' });
  for (const part of ['service to Redis and back', 'wait in the stream', 'work at the worker']) {
    await split.getByRole('cell', { name: part }).waitFor();
  }
  const shares = await split.locator('tbody td:last-child').allInnerTexts();
  const sum = shares.reduce((total, share) => total + Number.parseInt(share, 10), 0);
  if (Math.abs(sum - 100) > 3) throw new Error(`the parts are ${sum} % of the call: ${shares}`);

  const circuit = page.getByRole('region', { name: 'Circuit' });
  await circuit.getByRole('button', { name: 'Isolate' }).click();
  await circuit.getByText('isolated').waitFor();
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByRole('alert').getByText('UNAVAILABLE').waitFor();
  await circuit.getByRole('button', { name: 'Reset' }).click();
  await circuit.getByText('closed').waitFor();
  await until('an answer again', async () => {
    await page.getByRole('button', { name: 'Ask' }).click();
    return page.getByText(/in all:/).isVisible();
  });
}
