/** From a failed check to the first entry that differs from the serial replay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, eventually, rowsOf, withPage } from './browser.mjs';
import { runToEnd, trailOf } from './trail_explorer.mjs';

/** The number of runs. `LEDGERLAB_RUNS` sets another. */
const RUNS = Number(process.env.LEDGERLAB_RUNS ?? 3);

const UNGUARDED =
  '?scenario=hft&workers=2&accounts=4&exchanges=1&concurrency=no-locks';

test(
  `a failed check of an unprotected run links to the entry, ${RUNS} of ${RUNS}`,
  { timeout: 60_000 * RUNS },
  async () => {
    await withPage({ name: 'diverging', query: UNGUARDED }, async (page) => {
      for (let run = 1; run <= RUNS; run += 1) {
        if (run === 1) await runToEnd(page);
        else {
          await button(page, 'Run again').click();
          await page.getByText('not computed yet').first().waitFor();
          await page
            .getByText(/checks? failed:/)
            .first()
            .waitFor({ timeout: 60_000 });
        }
        const checks = page.getByRole('table', { name: 'Checks' });
        const replay = checks.getByRole('row', { name: /^Serial replay.*Fail/ });
        await replay.getByRole('button', { name: 'Show the entry' }).click();
        const sentence = trailOf(page).getByRole('status').filter({ hasText: 'a serial run says' });
        await sentence.waitFor();
        const text = await sentence.innerText();
        const divergent = page.locator('[role="grid"] .divergent');
        await divergent.waitFor();
        const [, time] = await divergent.getByRole('gridcell').allInnerTexts();
        assert(text.includes(time) || text.includes(time.replaceAll(',', '')), `${text}\n${time}`);
        await page.getByRole('region', { name: `Entry at ${time}` }).waitFor();
        const around = page.getByRole('list', { name: 'Entries before and after' });
        await eventually(() => around.getByRole('listitem').count(), 4);
        const marked = page.locator('[role="grid"] .neighbour:not([hidden])');
        await eventually(async () => (await marked.count()) > 0, true);
        if (run === 1) await assertAccessible(page, 'at the entry that differs');
      }
    });
  },
);

test('a correct run has no links and shows the time of its checks', { timeout: 60_000 }, async () => {
  await withPage({ name: 'correct run', query: '?scenario=hft&preset=goledger' }, async (page) => {
    const before = Date.now();
    await runToEnd(page);
    const checks = page.getByRole('table', { name: 'Checks' });
    await checks.getByRole('row', { name: /^Serial replay.*Pass/ }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Show the entry/ }).count(), 0);
    const times = (await rowsOf(checks)).map((row) => row.at(-1));
    const said = await page.evaluate(
      ([from, to]) => {
        const format = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
        const all = [];
        for (let at = from; at <= to + 1_000; at += 1_000) all.push(format.format(at));
        return all;
      },
      [before, Date.now()],
    );
    for (const time of times) assert(said.includes(time ?? ''), `${time} of ${said}`);
  });
});
