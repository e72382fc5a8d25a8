import { until } from '../browser.mjs';

export const target = '/ui/enqueue';

/** Retries a dead job, purges the rest the second time, enqueues. The caller has made some dead. */
export async function act(page, url, theme) {
  const queue = process.env.DEAD_QUEUE ?? 'mail';
  await page.getByLabel('Queue', { exact: true }).fill(queue);
  await page.getByRole('button', { name: 'Show' }).click();
  const dead = () => statOf(page, 'Dead');
  const before = await until('dead jobs', dead);

  await page
    .getByRole('button', { name: /^Retry / })
    .first()
    .click();
  await page.getByText('1 job is ready again').waitFor();
  await until('one dead job less', async () => (await dead()) === before - 1);
  const { dead: counted } = await (await fetch(`${url}/v1/queues/${queue}`)).json();
  if (Number(counted) !== before - 1) throw new Error(`${counted} jobs are dead`);

  // Deleting wants the name, and only the right one.
  const purge = page.getByRole('button', { name: 'Purge the dead' });
  await page.getByLabel(/To purge them/).fill(`${queue}x`);
  if (await purge.isEnabled()) throw new Error('purging takes any name');
  if (theme === 'dark') {
    await page.getByLabel(/To purge them/).fill(queue);
    await purge.click();
    await until('no dead jobs', async () => (await dead()) === 0);
  }

  const ready = await statOf(page, 'Ready');
  await page.getByLabel('Message', { exact: true }).fill('hello from the page');
  await page.getByRole('button', { name: 'Enqueue', exact: true }).click();
  await page.getByText(/On disk in Redis as/).waitFor();
  await until('one job more', async () => (await statOf(page, 'Ready')) === ready + 1);
  await page.getByLabel('State').selectOption('READY');
  await page.getByRole('cell', { name: 'hello from the page' }).first().waitFor();
}

async function statOf(page, label) {
  const text = await page
    .locator('dl > div', {
      has: page.locator('dt', { hasText: new RegExp(`^${label}$`) }),
    })
    .locator('dd')
    .innerText();
  return Number(text.replaceAll(',', ''));
}
