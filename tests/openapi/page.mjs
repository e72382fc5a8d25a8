// page.mjs URL: opens URL/docs in Debian's chromium and uses it as a reader would. Exit status 0: the
// page is whole, asks nobody but URL, and its "Execute" gets an answer. 77: there is no chromium.
import fs from 'node:fs';
import { chromium } from 'playwright-core';

const url = process.argv[2];
const executablePath = '/usr/bin/chromium';
if (!fs.existsSync(executablePath)) {
  console.log(`${executablePath} is not installed`);
  process.exit(77);
}

const problems = [];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] }); // may be root
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on('request', (request) => {
    const to = request.url();
    if (!to.startsWith(`${url}/`) && !to.startsWith('data:')) problems.push(`asks ${to}`);
  });
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // A refusal by the Content-Security-Policy is an error, too; an answer of 503 is what it is.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) {
      problems.push(`console: ${message.text()}`);
    }
  });

  await page.goto(`${url}/docs`);
  await page.locator('.opblock').first().waitFor();
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const expected = Object.values(document.paths).flatMap(Object.keys).length;
  const shown = await page.locator('.opblock').count();
  if (shown !== expected) problems.push(`${shown} operations of ${expected} are shown`);
  const title = await page.locator('.info .title').innerText();
  if (!title.includes(document.info.version)) problems.push(`title: ${title}`);
  if (await page.locator('.errors-wrapper').count()) {
    problems.push(`Swagger UI: ${await page.locator('.errors-wrapper').innerText()}`);
  }

  const operation = page.locator('.opblock-get', {
    has: page.locator('.opblock-summary-path[data-path="/v1/queues"]'),
  });
  await operation.locator('.opblock-summary').click();
  await operation.locator('button.execute').click();
  const row = operation.locator('.live-responses-table .response-col_status').last();
  await row.waitFor();
  console.log(`${shown} operations; GET /v1/queues: ${(await row.innerText()).trim()}`);
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
