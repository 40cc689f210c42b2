// Opens a report in headless Chromium and uses it: node page_test.mjs REPORT.html [FOLDER FOR SCREENSHOTS]
import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [file, shots] = process.argv.slice(2);
const patience = 300_000; // milliseconds, on a machine that has much else to do
const browser = await chromium.launch({
  timeout: patience,
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// open returns the report in a window, and a list of what should not have happened.
async function open(width, options = {}) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, ...options });
  page.setDefaultTimeout(patience);
  const wrong = [];
  page.on('console', (m) => wrong.push(`console: ${m.text()}`));
  page.on('pageerror', (e) => wrong.push(`error: ${e.message}`));
  page.on('request', (r) => r.url().startsWith('file:') || wrong.push(`request: ${r.url()}`));
  await page.goto(pathToFileURL(file).href);
  return { page, wrong };
}

const column = (page, table, n) => page.$$eval(`table[data-filter="${table}"] tbody tr:not([hidden])`, (rows, k) => rows.map((r) => r.cells[k].dataset.v ?? r.cells[k].textContent), n);

for (const width of [360, 768, 1440]) {
  for (const colorScheme of ['light', 'dark']) {
    const { page, wrong } = await open(width, { colorScheme });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `the page is wider than a window of ${width} pixels`);
    if (shots) await page.screenshot({ path: path.join(shots, `${width}-${colorScheme}.png`), fullPage: true });
    assert.deepEqual(wrong, []);
    await page.close();
  }
}

{
  const { page, wrong } = await open(1200);
  const heads = await page.$$eval('table[data-filter="operators"] thead th', (list) => list.map((h) => h.textContent));
  const macs = heads.indexOf('Multiply-adds');
  assert.ok(macs > 0, `columns are ${heads}`);
  const button = page.locator('table[data-filter="operators"] thead button').nth(macs);
  const head = page.locator('table[data-filter="operators"] thead th').nth(macs);
  const numbers = async () => (await column(page, 'operators', macs)).map(Number);
  const before = await numbers();
  await button.focus();
  await page.keyboard.press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  assert.deepEqual(await numbers(), [...before].sort((a, b) => a - b));
  await page.keyboard.press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.deepEqual(await numbers(), [...before].sort((a, b) => b - a));

  const filter = page.locator('.controls input[aria-controls="operators-rows"]');
  await filter.fill('softmax');
  const kinds = await column(page, 'operators', 1);
  assert.ok(kinds.length > 0 && kinds.length < before.length && kinds.every((k) => k === 'SOFTMAX'), `a filter by softmax shows ${kinds}`);
  assert.equal(await page.locator('section#operators output').textContent(), `${kinds.length} of ${before.length}`);

  // A box of the picture leads to its row, though a filter hid it.
  const box = page.locator('.canvas a').first();
  const target = (await box.getAttribute('href')).slice(1);
  await box.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((id) => !document.getElementById(id).hidden, target);

  const width = () => page.$eval('.canvas svg', (e) => Number(e.getAttribute('width')));
  const small = await width();
  await page.locator('.canvas').first().focus();
  await page.keyboard.press('+');
  assert.ok(await width() > small, 'the key + does not enlarge the picture');
  assert.deepEqual(wrong, []);
  await page.close();
}

{
  // Without scripts all is there to read, and on paper heads are text.
  const { page } = await open(1200, { javaScriptEnabled: false });
  assert.ok((await page.locator('table[data-filter="operators"] tbody tr').count()) > 3);
  assert.ok(await page.locator('.canvas svg .box').first().isVisible());
  await page.close();
  const printed = await open(1200);
  if (shots) await printed.page.pdf({ path: path.join(shots, 'print.pdf') });
  await printed.page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.equal(await printed.page.locator('thead button').count(), 0);
  await printed.page.close();
}

await browser.close();
console.log(`${file}: reads, sorts, filters, zooms and prints`);
