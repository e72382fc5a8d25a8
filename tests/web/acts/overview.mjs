import { until } from '../browser.mjs';

export const target = '/';

/** Calls show up on their edge, in the picture as in the table. */
export async function act(page, url) {
  const edge = page.getByRole('row', { name: /gateway to Enqueue/ });
  await until('calls of Enqueue on its edge', async () => {
    for (let i = 0; i < 10; ++i) await fetch(`${url}/v1/queues`);
    const cells = await edge.locator('td').allInnerTexts();
    return cells[1] === 'ready' && Number(cells[2]) > 0 && /ms|µs|s/.test(cells[6] ?? '');
  });
  await page.getByRole('row', { name: /\/ListQueues / }).waitFor();
  // The numbers are those of /metrics.
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const total = metrics.match(/requests_total\{rpc="[^"]*ListQueues",status="2xx"\} (\d+)/);
  const shown = await page
    .getByRole('row', { name: /\/ListQueues / })
    .locator('td')
    .last()
    .innerText();
  if (Number(shown) > Number(total[1])) throw new Error(`${shown} calls of ${total[1]} are shown`);
}
