import { until } from '../browser.mjs';

export const target = '/ui/keytest';

/** Starts the seed's test and watches it end at 100 %; then starts and stops one by keyboard. */
export async function act(page, url) {
  await page.getByLabel('Keys', { exact: true }).fill('5000');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText(/^(generating|draining)$/).waitFor();
  await until('100 %', async () => (await percent(page)) === '100 %', 30_000);
  await page.getByText('done', { exact: true }).waitFor();
  const status = await (await fetch(`${url}/v1/keytest/status`)).json();
  if (status.consumed !== '5000') throw new Error(`${status.consumed} of 5000 keys are consumed`);
}

/** The keyboard only: from the first parameter to Start, and on to Stop. */
export async function keyboard(page, url) {
  await page.getByLabel('Keys', { exact: true }).focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('100000');
  await tabTo(page, 'Start');
  await page.keyboard.press('Enter');
  await page.getByText('generating', { exact: true }).waitFor();
  await tabTo(page, 'Stop');
  await page.keyboard.press('Space');
  await page.getByText('stopped', { exact: true }).waitFor();
  await until('what was written to fire', async () => {
    const status = await (await fetch(`${url}/v1/keytest/status`)).json();
    return status.pending === '0' && Number(status.generated) < 100000;
  });
}

async function tabTo(page, name) {
  await until(`the focus on ${name}`, async () => {
    const focused = page.locator('button:focus', {
      hasText: new RegExp(`^${name}$`),
    });
    if (await focused.count()) return true;
    await page.keyboard.press('Tab');
    return false;
  });
}

async function percent(page) {
  return page.getByTestId('percent').innerText();
}
