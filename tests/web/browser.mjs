// Debian's chromium for the tests of the page: what every one of them wants of a page.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const size = { width: 1280, height: 860 };

/** Ends the process as skipped, which the caller shows with the reason. */
export function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(77);
}

export async function launch() {
  if (!fs.existsSync(executablePath)) skip(`${executablePath} is not installed`);
  return chromium.launch({ executablePath, args: ['--no-sandbox'] }); // may be root
}

/** Opens a page in a theme; what goes wrong in it is added to `problems`. */
export async function open(browser, url, target, colorScheme, problems) {
  const context = await browser.newContext({
    colorScheme,
    viewport: size,
    locale: 'en-GB',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('request', (request) => {
    const to = request.url();
    if (!to.startsWith(`${url}/`) && !to.startsWith('data:')) problems.push(`asks ${to}`);
  });
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // A refusal by the Content-Security-Policy is an error, too; an answer of 409 is what it is.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) {
      problems.push(`console: ${message.text()}`);
    }
  });
  await page.goto(url + target);
  return page;
}

/** What axe finds on the page; not within the frame of Swagger UI, which is not ours. */
export async function checkAccessibility(page, name, problems) {
  // By evaluate, because the Content-Security-Policy refuses a script element.
  await page.evaluate(fs.readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { iframes: false, runOnly: undefined }),
  );
  for (const { id, help, nodes } of violations) {
    for (const node of nodes) problems.push(`${name}: ${id}: ${help}: ${node.html}`);
  }
}

/** Keeps a picture of what is in the window. */
export async function picture(page, directory, name) {
  fs.mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: path.join(directory, `${name}.png`) });
}

/** Waits until `look` gives something true; the last it gave. */
export async function until(what, look, patience = 15_000) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
