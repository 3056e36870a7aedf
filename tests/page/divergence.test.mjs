/** From a failed check to the first entry that differs from the serial replay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, eventually, rowsOf, withPage } from './browser.mjs';
import { runToEnd, trailOf } from './trail_explorer.mjs';

/** @import { Page } from 'playwright-core' */

/** The number of runs. `LEDGERLAB_RUNS` sets another. */
const RUNS = Number(process.env.LEDGERLAB_RUNS ?? 3);

const UNGUARDED =
  '?scenario=hft&workers=2&accounts=4&exchanges=1&concurrency=no-locks';

/**
 * The story names the workers, the account, what was read and what was overwritten, as the two entries say.
 * @param {Page} page
 * @param {string} time of the entry that differs
 */
async function assertStory(page, time) {
  const story = page.getByRole('region', { name: 'Who read and overwrote what' });
  await story.waitFor();
  if (await story.getByText(/an earlier attempt overwrote a part/).isVisible()) return;
  const [first, second, lost] = await story.getByRole('listitem').allInnerTexts();
  const rows = await rowsOf(story.getByRole('table', { name: 'The two entries side by side' }));
  const [writers, times, , , coins, statuses, read, written] = rows.map(([, ...cells]) => cells);
  assert.equal(times[1], time);
  assert.equal(statuses[0], 'created');
  const account = rows[6][0].replace('Read of ', '');
  assert.match(account, /^(trader|exchange)(_\d)?$/);
  const other = writers[0].toLowerCase();
  assert(first.startsWith(`${writers[0]} moved ${coins[0]}\u00a0coins from `), first);
  assert(first.endsWith(`: ${written[0]} of ${account}.`), first);
  assert(second.startsWith(`${writers[1]} decided on ${account} as it was after ${read[1]}, `), second);
  const number = (/** @type {string} */ text) => Number(text.replace(/\D/g, ''));
  if (number(times[0]) > number(times[1])) {
    assert.equal(read[1], written[0], 'it read what was written later');
    return assert.match(lost, /no serial order gives these two entries/);
  }
  assert(number(read[1]) < number(written[0]), `${read[1]} is before ${written[0]}`);
  if (statuses[1] === 'created') {
    assert(second.includes(`it wrote ${written[1]} over what was there`), second);
    assert(lost.includes(`the ${coins[0]}\u00a0coins of ${other} are lost`), lost);
  } else assert.equal(written[1], 'nothing');
}

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
        await assertStory(page, time);
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
