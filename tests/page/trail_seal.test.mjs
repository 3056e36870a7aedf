/** The trail's seal, and the trail of a run that is still under way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, downloadReport, eventually, reach, withPage } from './browser.mjs';
import { ENTRIES, RUN, gridOf, openTrail, rowsInSight, runToEnd, trailOf } from './trail_explorer.mjs';

test(
  'the trail is sealed, verified, and a changed byte is found by name',
  { timeout: 90_000 },
  async () => {
    await withPage({ name: 'trail seal', query: RUN }, async (page) => {
      await runToEnd(page);
      await openTrail(page);
      const { report } = await downloadReport(page);
      assert(await button(page, 'Verify').isDisabled(), 'nothing is sealed yet');
      await button(page, 'Seal').click();
      await trailOf(page).getByText(`hash ${report.trail_hash}`).waitFor();
      await button(page, 'Verify').click();
      await trailOf(page)
        .getByText(/^Verified: all 202,033\srecords match the seal\.$/)
        .waitFor();
      const grid = gridOf(page);
      await grid.focus();
      await page.keyboard.press('End');
      await eventually(async () => (await rowsInSight(page)).has(ENTRIES), true);
      await eventually(async () => (await rowsInSight(page)).get(ENTRIES)?.[1] !== '…', true);
      await page.keyboard.press('Enter');
      const detail = page.getByRole('region', { name: /^Entry at/ });
      await detail.waitFor();
      const holdings = await detail.locator('dl > div').allInnerTexts();
      const place = holdings.find((text) => text.startsWith('Position'))?.replace(/\D/g, '');
      assert(place, holdings.join('\n'));
      await button(page, 'Verify an altered copy').click();
      const found = trailOf(page)
        .getByRole('status')
        .filter({ hasText: /^Found in the copy: / });
      await found.waitFor();
      const sentence = await found.innerText();
      assert(sentence.replaceAll(',', '').includes(place), sentence);
      await assertAccessible(page, 'with a changed byte found');
      await button(page, 'Verify').click();
      await trailOf(page)
        .getByText(/^Verified: /)
        .waitFor();
    });
  },
);

test(
  'the trail can be explored during a run',
  { timeout: 60_000 },
  async () => {
    const query = '?scenario=hft&operations=1000000000&duration_s=30&workers=1&rate_per_s=2000';
    await withPage({ name: 'trail running', query }, async (page) => {
      await reach(page, /^Ready$/);
      assert.equal(await trailOf(page).count(), 0, 'there is no trail before a run');
      assert.equal(await gridOf(page).count(), 0, 'there is no trail before a run');
      await button(page, 'Run').click();
      await reach(page, /^Running$/);
      await trailOf(page).scrollIntoViewIfNeeded();
      await button(page, 'Find').click();
      const status = trailOf(page)
        .getByRole('status')
        .filter({ hasText: /entries\.$/ });
      await status.waitFor();
      const first = Number((await status.innerText()).replace(/\D/g, ''));
      await page.waitForTimeout(1_000);
      await button(page, 'Find again').click();
      await eventually(
        async () => Number((await status.innerText()).replace(/\D/g, '')) > first,
        true,
      );
      await button(page, 'Cancel').click();
      await reach(page, /^Cancelled$/);
      const { report } = await downloadReport(page);
      const all = report.totals.trail_entries.toLocaleString('en-US');
      await trailOf(page)
        .getByText(new RegExp(`^${all}\\sentries\\.$`))
        .waitFor();
    });
  },
);
