import { until } from '../browser.mjs';

export const target = '/';

/** Enqueue is there without its Redis, but it is not ready. */
export async function act(page) {
  const pid = Number(process.env.REDIS_PID);
  if (!pid) throw new Error('REDIS_PID is not set');
  const cell = page
    .getByRole('row', { name: /gateway to Enqueue/ })
    .locator('td')
    .nth(1);
  const is = (state) =>
    until(`Enqueue to be ${state}`, async () => (await cell.innerText()) === state);
  await is('ready');
  process.kill(pid, 'SIGSTOP');
  try {
    await is('not ready');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await is('ready');
}
