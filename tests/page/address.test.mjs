import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, eventually, reach, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

/** @param {Page} page @param {string} expected */
function assertQuery(page, expected) {
  return eventually(() => page.evaluate(() => location.search), expected);
}

/** @param {Page} page @param {string} label */
function field(page, label) {
  return page.getByRole('spinbutton', { name: label, exact: true });
}

/** @param {Page} page @param {string} label */
function valueOf(page, label) {
  return field(page, label).inputValue();
}

test(
  'the address holds exactly the differences from the defaults',
  { timeout: 60_000 },
  async () => {
    await withPage({ name: 'address' }, async (page) => {
      await reach(page, /^Ready$/);
      await assertQuery(page, '');
      await page.getByText('More', { exact: true }).click();
      const seed = await valueOf(page, 'Seed');
      await field(page, 'Operations').fill('5000');
      await field(page, 'Seed').fill('9');
      await assertQuery(page, '?scenario=hft&preset=watch&operations=5000&seed=9');
      await field(page, 'Seed').fill(seed);
      await assertQuery(page, '?scenario=hft&preset=watch&operations=5000');
      await field(page, 'Operations').fill('0');
      await assertQuery(page, '');
      await page.getByLabel('Preset').selectOption('scale');
      await assertQuery(page, '?scenario=hft');
      await page.getByLabel('Preset').selectOption('goledger');
      await assertQuery(page, '?scenario=hft&preset=goledger');
      await field(page, 'Traders').fill('4');
      await assertQuery(page, '?scenario=hft&preset=goledger&accounts=4');
      await button(page, 'New seed').click();
      await page.waitForFunction(() => location.search.includes('seed='));
      assert.notEqual(await valueOf(page, 'Seed'), seed);

      const written = page.url();
      const drawn = await valueOf(page, 'Seed');
      await page.goto('about:blank');
      await page.goto(written);
      await reach(page, /^Ready$/);
      assert.equal(await page.getByLabel('Preset').inputValue(), 'goledger');
      assert.equal(await valueOf(page, 'Traders'), '4');
      assert.equal(await valueOf(page, 'Seed'), drawn);
      assert.equal(await valueOf(page, 'Operations'), '50');
      assert.equal(page.url(), written, 'opening a link does not change it');
    });
  },
);

test('unusable values in the address are reported', { timeout: 60_000 }, async () => {
  const query =
    '?scenario=casino&preset=x&workers=99&seed=1.5&operations=&colour=red&batch=3&batch=4';
  await withPage({ name: 'vain address', query }, async (page) => {
    await reach(page, /^Ready$/);
    const notices = await page.getByRole('status').getByRole('listitem').allInnerTexts();
    const [workers, most] = [await valueOf(page, 'Workers'), await maximum(page)];
    const address = 'The address names an unknown';
    const radios = page.getByRole('group', { name: 'Scenario' }).getByRole('radio');
    const names = await radios.evaluateAll((found) =>
      found.map((radio) => /** @type {HTMLInputElement} */ (radio).value),
    );
    assert(names.length > 1 && names[0] === 'hft', names.join());
    const known = /Known: (.*?)\. Trading/.exec(notices[0])?.[1].split(', ') ?? [];
    assert.deepEqual(known.toSorted(), names.toSorted());
    assert.deepEqual(notices, [
      `${address} scenario, “casino”. Known: ${known.join(', ')}. ` +
        'Trading floor is used instead.',
      `${address} preset, “x”. Known: scale, watch, goledger. At scale is used instead.`,
      `In the address: 99 is too large: Workers must be from 1 to ${most}. ` +
        `${workers} is used instead.`,
      'In the address: Seed must be a whole number from 0 to 9,007,199,254,740,991, not “1.5”. ' +
        '42 is used instead.',
      'In the address: Operations is empty. Enter a whole number from 1 to 1,000,000,000. ' +
        '2000000 is used instead.',
      'The address sets “colour”, which Trading floor does not have. It is ignored.',
      'The address sets batch 2 times. The first value is used.',
    ]);
    assert.equal(await valueOf(page, 'Batch'), '3');
    await button(page, 'Dismiss').click();
    await eventually(() => page.getByRole('status').getByRole('listitem').count(), 0);
  });
});

/** The workers’ maximum is the size of the pool. @param {Page} page */
async function maximum(page) {
  const maximum = await field(page, 'Workers').getAttribute('max');
  const processors = await page.evaluate(() => navigator.hardwareConcurrency);
  assert.equal(Number(maximum), Math.min(Math.max(processors, 4), 16));
  return maximum;
}

test(
  'a value out of range is explained and prevents the run',
  { timeout: 60_000 },
  async () => {
    await withPage({ name: 'field' }, async (page) => {
      await reach(page, /^Ready$/);
      const operations = field(page, 'Operations');
      await operations.fill('1000000001');
      const sentence = '1,000,000,001 is too large: Operations must be from 1 to 1,000,000,000.';
      await page.getByText(sentence).waitFor();
      await eventually(() => operations.getAttribute('aria-invalid'), 'true');
      const described = await operations.evaluate((field) => {
        const ids = field.getAttribute('aria-describedby')?.split(' ') ?? [];
        return ids.map((id) => document.getElementById(id)?.textContent).join(' ');
      });
      assert(described.includes(sentence), described);
      await eventually(() => button(page, 'Run').getAttribute('aria-disabled'), 'true');
      await page.getByText('Correct these fields to run: operations.').waitFor();
      await page.getByLabel('Preset').focus();
      await button(page, 'Run').dispatchEvent('click');
      await reach(page, /^Ready$/);
      assert.equal(await operations.evaluate((field) => field === document.activeElement), true);
      await operations.fill('1000');
      await eventually(() => button(page, 'Run').getAttribute('aria-disabled'), 'false');
    });
  },
);

test('Copy link copies the address', { timeout: 60_000 }, async () => {
  const context = { permissions: ['clipboard-read', 'clipboard-write'] };
  await withPage({ name: 'copy', query: '?scenario=hft&seed=11', context }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Copy link').click();
    await button(page, 'Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
  });
});

test('an address with “run” starts the run once', { timeout: 60_000 }, async () => {
  const query = '?scenario=deposits&operations=1000&run';
  await withPage({ name: 'run by address', query }, async (page) => {
    await reach(page, /^Finished$/);
    assert.equal(new URL(page.url()).search, '?scenario=deposits&operations=1000');
    await page.reload();
    await reach(page, /^Ready$/);
  });
});

test('an address with “run” and a value that cannot be used starts nothing', { timeout: 60_000 }, async () => {
  await withPage({ name: 'no run by address', query: '?scenario=deposits&operations=0&run' }, async (page) => {
    await reach(page, /^Ready$/);
    await page.getByText(/The address asks to start the run\. It was not started/).waitFor();
  });
});
