import { until } from '../browser.mjs';

export const target = '/';

/** Behind this gateway Orders is away, Weather is not there at all; both are said, not hidden. */
export async function act(page) {
  const state = (edge) =>
    page
      .getByRole('row', { name: new RegExp(`gateway to ${edge}`) })
      .locator('td')
      .nth(1)
      .innerText();
  await until('Orders to be away', async () => (await state('Orders')) === 'away');
  if ((await state('Weather')) !== 'not served') throw new Error('Weather is not there');

  await page.getByRole('link', { name: 'Orders' }).click();
  await page.getByText('Orders is away').waitFor();
  await page.getByText(/UNAVAILABLE/).waitFor();
  await until('the badge to say so', async () => {
    return (await page.getByRole('status').first().innerText()) === 'away';
  });
  // By a link within the page, one goes on reading at the new title.
  if ((await page.locator('h1:focus').innerText()) !== 'Orders') throw new Error('no focus');

  await page.getByRole('link', { name: 'Weather' }).click();
  await page.getByText('Weather is not part of this mesh').waitFor();
  await page.goBack();
  await page.getByText('Orders is away').waitFor();
}
