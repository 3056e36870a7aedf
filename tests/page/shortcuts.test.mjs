import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, eventually, reach, stateOf, withPage } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

const LONG = '?scenario=hft&workers=1&operations=1000000000&duration_s=60&trail_mib=2048&seed=7';

/** @param {Page} page */
function dialog(page) {
  return page.getByRole('dialog', { name: 'Keyboard shortcuts' });
}

/** Returns the id of the part of the page with the focus. @param {Page} page */
function focusedPart(page) {
  return page.evaluate(() => document.activeElement?.closest('#parameters, main > [id]')?.id);
}

/** @param {Page} page */
async function word(page) {
  return stateOf(page).locator('strong').innerText();
}

test('shortcuts run, cancel, and move the focus', { timeout: 60_000 }, async () => {
  await withPage({ name: 'shortcuts', query: LONG }, async (page) => {
    await reach(page, /^Ready$/);
    for (const [key, part] of [
      ['c', 'compare'],
      ['a', 'console'],
      ['e', 'history'],
      ['s', 'parameters'],
    ]) {
      await page.keyboard.press(key);
      await eventually(() => focusedPart(page), part);
    }
    const focused = () => page.evaluate(() => /** @type {any} */ (document.activeElement)?.name);
    assert.equal(await focused(), 'scenario', 's goes to the list of scenarios');
    await page.keyboard.press('r');
    await reach(page, /^Running$/);
    await page.keyboard.press('x');
    await reach(page, /^Cancelled$/);
  });
});

test('the list of shortcuts is a dialog that switches them off', { timeout: 60_000 }, async () => {
  await withPage({ name: 'shortcuts dialog', query: LONG }, async (page) => {
    await reach(page, /^Ready$/);
    await page.keyboard.press('?');
    await dialog(page).waitFor();
    const keys = await dialog(page).getByRole('term').allInnerTexts();
    assert.deepEqual(keys, ['r', 'p', 'x', 's', 'c', 'e', 'a', '?']);
    await page.keyboard.press('r');
    await page.waitForTimeout(200);
    assert.equal(await word(page), 'Ready', 'nothing happens behind the dialog');
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });

    await button(page, 'Shortcuts').click();
    await dialog(page).getByRole('checkbox', { name: 'Shortcuts are on' }).uncheck();
    await dialog(page).getByRole('button', { name: 'Close' }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await page.reload();
    await reach(page, /^Ready$/);
    for (const key of ['?', 'r', 'c']) await page.keyboard.press(key);
    await page.waitForTimeout(200);
    assert.equal(await dialog(page).isVisible(), false);
    assert.equal(await word(page), 'Ready');
    assert.equal(await focusedPart(page), undefined);
    await button(page, 'Shortcuts').click();
    await dialog(page).getByRole('checkbox').check();
    await page.keyboard.press('Escape');
    await page.keyboard.press('c');
    await eventually(() => focusedPart(page), 'compare');
  });
});

test('shortcuts are ignored while typing', { timeout: 60_000 }, async () => {
  await withPage({ name: 'shortcuts typed', query: LONG }, async (page) => {
    await reach(page, /^Ready$/);
    const fields = {
      path: page.getByRole('textbox', { name: 'Path' }),
      headers: page.getByRole('textbox', { name: 'Other headers, one per line' }),
      seed: page.getByRole('spinbutton', { name: 'Seed' }),
      concurrency: page.getByRole('combobox', { name: 'Concurrency control', exact: true }),
    };
    for (const [name, field] of Object.entries(fields)) {
      await field.focus();
      await page.keyboard.type('rcxe?');
      await page.waitForTimeout(100);
      const still = await field.evaluate((one) => one === document.activeElement);
      assert(still, `${name} has lost the focus`);
      assert.equal(await dialog(page).isVisible(), false, name);
      assert.equal(await word(page), 'Ready', name);
    }
    assert.match(await fields.path.inputValue(), /rcxe\?$/);
    // With a modifier they belong to the browser: Ctrl+R reloads the page.
    await button(page, 'Explain').focus();
    const modified = await page.evaluate(() => {
      const event = new KeyboardEvent('keydown', { key: 'r', ctrlKey: true, cancelable: true });
      document.activeElement?.dispatchEvent(event);
      return event.defaultPrevented;
    });
    assert.equal(modified, false);
    assert.equal(await word(page), 'Ready');
  });
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe finds nothing in the list of shortcuts, ${colorScheme}`, { timeout: 60_000 }, async () => {
    const context = { colorScheme, viewport: { width: 360, height: 640 } };
    await withPage({ name: `axe keys ${colorScheme}`, context }, async (page) => {
      await reach(page, /^Ready$/);
      await page.keyboard.press('?');
      await dialog(page).waitFor();
      await assertAccessible(page, 'with the list of keys', ['color-contrast', 'label']);
      const { x, y, width, height } = (await dialog(page).boundingBox()) ?? assert.fail();
      assert(x >= 0 && x + width <= 360 && y >= 0 && y + height <= 640, 'the dialog is on the screen');
    });
  });
}
