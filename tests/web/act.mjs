// act.mjs PAGE URL DIRECTORY: does on a page of the gateway at URL what a person would do, in Debian's
// chromium (acts/PAGE.mjs), looks for violations of accessibility in both themes before and after,
// and leaves pictures in DIRECTORY. Exit status 0: all well; 77: skipped, the reason is printed.
import { checkAccessibility, launch, open, picture, skip, until } from './browser.mjs';

const [name, gateway, directory] = process.argv.slice(2);
const { act, before, keyboard, target } = await import(`./acts/${name}.mjs`);
const url = before ? await before(gateway) : gateway;

const probes = { keytest: '/v1/keytest/status', posts: '/ping' };
if (probes[name]) {
  const { status } = await fetch(url + probes[name]);
  if (status !== 200) skip(`the gateway has no ${name}: ${probes[name]} answers ${status}`);
}

const problems = [];
const browser = await launch();
try {
  for (const theme of ['light', 'dark']) {
    const page = await open(browser, url, target, theme, problems);
    await page.locator('h1').waitFor();
    await checkAccessibility(page, `${theme}, at first`, problems);
    try {
      await act(page, url, theme);
      for (const table of await page.locator('figure summary').all()) await table.click();
      await chartsHavePoints(page);
      await checkAccessibility(page, `${theme}, afterwards`, problems);
      for (const table of await page.locator('figure summary').all()) await table.click();
      await page.evaluate(() => scrollTo(0, 0));
      await page.mouse.move(0, 0);
      await picture(page, directory, `${name}-${theme}`);
      await fitsNarrow(page);
      if (keyboard && theme === 'light') await keyboard(page, url);
    } catch (error) {
      problems.push(`${theme}: ${error.message}`);
      await picture(page, directory, `${name}-${theme}-failed`);
    }
    await page.context().close();
  }
} finally {
  await browser.close();
}
// On a telephone nothing lies beside the window: what is wide scrolls by itself.
async function fitsNarrow(page) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  // Charts take their new size a moment later.
  await until('a page no wider than the window', async () => (await wide()) <= 0);
  await page.setViewportSize(size);
}

// Every chart has drawn something by then, and its table says what.
async function chartsHavePoints(page) {
  for (const chart of await page.locator('figure').all()) {
    await until(
      'rows in the table of a chart',
      async () => (await chart.locator('tbody tr').count()) > 2,
    );
  }
}

for (const problem of problems) console.error(problem);
console.log(`${name}: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
