export const target = '/ui/api';

/** Swagger UI is in its frame, whole. */
export async function act(page, url) {
  const frame = page.frameLocator('iframe');
  await frame.locator('.opblock').first().waitFor();
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const expected = Object.values(document.paths).flatMap(Object.keys).length;
  const shown = await frame.locator('.opblock').count();
  if (shown !== expected) throw new Error(`${shown} operations of ${expected} are shown`);
}
