import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, eventually, reach, withPage } from './browser.mjs';
import { changeAnswers } from './tampering.mjs';

/** @import { Page } from 'playwright-core' */

/** @param {Page} page */
function concurrency(page) {
  return page.getByRole('combobox', { name: 'Concurrency control', exact: true });
}

/** @param {Page} page @param {string} expected */
function assertQuery(page, expected) {
  return eventually(() => page.evaluate(() => location.search), expected);
}

/** Returns the accessible description of the field. @param {Page} page */
function described(page) {
  return concurrency(page).evaluate((field) => {
    const ids = field.getAttribute('aria-describedby')?.split(' ') ?? [];
    return ids.map((id) => document.getElementById(id)?.textContent).join(' ');
  });
}

/** Returns the visible notices. @param {Page} page */
async function notices(page) {
  const form = page.getByRole('form', { name: 'Scenario and parameters' });
  const texts = await form.getByRole('status').getByText('Incorrect on purpose:').allInnerTexts();
  return texts.map((text) => text.trim());
}

const STRATEGIES = [
  { name: 'ordered-locks', label: 'Ordered locks', says: /ascending order/, flaw: null },
  { name: 'global-lock', label: 'Global lock', says: /One lock over the whole ledger/, flaw: null },
  { name: 'optimistic', label: 'Optimistic', says: /validated and written/, flaw: null },
  {
    name: 'unordered-locks',
    label: 'Unordered locks (deadlocks)',
    says: /order in which the transfer names the accounts/,
    flaw: /attempts are expected to end at their deadline/,
  },
  {
    name: 'no-locks',
    label: 'No locks (lost updates)',
    says: /updates are lost/,
    flaw: /the run is expected to fail its checks/,
  },
];

test('a choice shows its label, its description and its flaw', { timeout: 60_000 }, async () => {
  await withPage({ name: 'choice' }, async (page) => {
    await reach(page, /^Ready$/);
    const options = await concurrency(page).getByRole('option').allInnerTexts();
    assert.deepEqual(
      options,
      STRATEGIES.map(({ label }) => label),
    );
    assert.equal(await concurrency(page).inputValue(), 'ordered-locks');
    for (const { name, label, says, flaw } of STRATEGIES) {
      await concurrency(page).selectOption(label);
      const seen = flaw ? 1 : 0;
      await eventually(async () => (await notices(page)).length, seen);
      await page.getByText(says).first().waitFor();
      const read = await described(page);
      assert.match(read, says, name);
      assert.match(read, /How workers share the accounts/, name);
      if (flaw) {
        assert.match((await notices(page))[0], flaw);
        assert.match(read, flaw, 'the notice belongs to the field');
      }
    }
  });
});

test('labels of choices are complete at every width', { timeout: 60_000 }, async () => {
  await withPage({ name: 'choice widths' }, async (page) => {
    await reach(page, /^Ready$/);
    for (const width of [320, 360, 640, 768, 960, 961, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      const spare = await concurrency(page).evaluate((field) => {
        const { fontFamily, fontSize, paddingLeft } = getComputedStyle(field);
        const pen = document.createElement('canvas').getContext('2d');
        if (!pen) throw new Error('there is nothing to measure with');
        pen.font = `${fontSize} ${fontFamily}`;
        const names = [...field.querySelectorAll('option')].map((option) => option.label);
        const longest = Math.max(...names.map((name) => pen.measureText(name).width));
        // The arrow takes about the height of a letter, plus a margin.
        return field.clientWidth - longest - parseFloat(paddingLeft) - 1.5 * parseFloat(fontSize);
      });
      assert(spare >= 0, `at ${width} pixels ${-spare} are missing`);
    }
  });
});

test('the address holds choices by name', { timeout: 60_000 }, async () => {
  await withPage({ name: 'choice address' }, async (page) => {
    await reach(page, /^Ready$/);
    await concurrency(page).selectOption('Global lock');
    await assertQuery(page, '?scenario=hft&preset=watch&concurrency=global-lock');
    await page.getByText('Changed: concurrency control.').waitFor();
    await concurrency(page).selectOption('Ordered locks');
    await assertQuery(page, '');
    await concurrency(page).selectOption('Unordered locks (deadlocks)');
    await assertQuery(page, '?scenario=hft&preset=watch&concurrency=unordered-locks');

    const written = page.url();
    await page.goto('about:blank');
    await page.goto(written);
    await reach(page, /^Ready$/);
    assert.equal(await concurrency(page).inputValue(), 'unordered-locks');
    await eventually(async () => (await notices(page)).length, 1);
    assert.equal(page.url(), written, 'opening a link does not change it');
    await page.getByLabel('Preset').selectOption("GoLedger's own numbers");
    await eventually(() => concurrency(page).inputValue(), 'ordered-locks');
    await eventually(async () => (await notices(page)).length, 0);
  });
});

test('an unknown choice is reported and replaced by the default', { timeout: 60_000 }, async () => {
  for (const choice of ['fast', 'Ordered', '', '0']) {
    const query = `?concurrency=${choice}`;
    await withPage({ name: 'vain choice', query }, async (page) => {
      await reach(page, /^Ready$/);
      const notices = await page.getByRole('status').getByRole('listitem').allInnerTexts();
      const names = STRATEGIES.map(({ name }) => name).join(', ');
      assert.deepEqual(notices, [
        `In the address: Concurrency control has no choice “${choice}”. Choices: ${names}. ` +
          'ordered-locks is used instead.',
      ]);
      assert.equal(await concurrency(page).inputValue(), 'ordered-locks');
      assert.equal(await button(page, 'Run').getAttribute('aria-disabled'), 'false');
    });
  }
});

test('the flaw of a run is shown with its result', { timeout: 60_000 }, async () => {
  // Simulates a run that is incorrect on purpose by changing its report.
  const before = changeAnswers(`
    if (value?.checks) {
      value.flaws = ['Incorrect on purpose: it stands for another.'];
      value.passed = value.checks[3].passed = false;
    }
  `);
  const query = '?scenario=hft&operations=2000';
  await withPage({ name: 'flawed run', query, before }, async (page) => {
    await reach(page, /^Ready$/);
    await button(page, 'Run').click();
    await reach(page, /^Finished, checks failed$/);
    const sentence = /1 of 4\schecks failed: Serial replay.*\. Incorrect on purpose: it stands for another\.$/;
    const state = page.getByRole('region', { name: 'State of the run' });
    // It is read aloud, and the result shows it.
    await eventually(() => state.getByText(sentence).count(), 1);
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByRole('heading', { name: '✗ 1 of 4\u00a0checks failed: Serial replay.' }).waitFor();
    await result.getByText(/Incorrect on purpose: it stands for another\.$/).waitFor();
  });
});
