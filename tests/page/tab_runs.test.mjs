/** Runs that are requested over HTTP and executed by the workers of the tab. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, reach, stateOf, withPage } from './browser.mjs';
import { OPERATOR, REFUSED, answered, ask, context } from './calls.mjs';

/** @import { Page } from 'playwright-core' */

/** @param {object} more */
function order(more) {
  const parameters = { workers: 2, operations: 300_000, seed: 7, trail_mib: 256, ...more };
  return JSON.stringify({ scenario: 'hft', parameters });
}

/** @param {Page} page @param {object} [more] parameters */
function begin(page, more = {}) {
  const body = order(more);
  return ask(page, { method: 'POST', path: '/v1/runs', headers: OPERATOR, body });
}

/** Reads all events of a run. @param {Page} page @param {number} run */
async function watch(page, run) {
  const { text } = await ask(page, { path: `/v1/runs/${run}/events`, headers: OPERATOR });
  const events = text.trim().split('\n\n');
  return events.map((event) => JSON.parse(event.split('data: ')[1]));
}

test('the tab executes a requested run with progress and a report', { timeout: 90_000 }, async () => {
  await withPage({ name: 'runs in the tab', context, expected: [REFUSED] }, async (page) => {
    await answered(page);
    const begun = await begin(page, { rate_per_s: 200_000 });
    assert.equal(begun.status, 202, begun.text);
    assert.equal(begun.headers.location, '/v1/runs/1');
    assert.equal((await begin(page)).status, 409, 'one run at a time');
    const events = await watch(page, 1);
    assert(events.length > 2, `${events.length} events`);
    assert.equal(events.at(-1).passed, true);
    const { text } = await ask(page, { path: '/v1/runs/1/report', headers: OPERATOR });
    const report = JSON.parse(text);
    assert.equal(report.totals.operations, '300000');
    assert.equal(report.environment.host, 'chromium');

    const long = { operations: 1_000_000_000, duration_s: 600 };
    assert.equal((await begin(page, long)).status, 202);
    const path = '/v1/runs/2/cancel';
    await ask(page, { method: 'POST', path, headers: OPERATOR });
    assert.equal((await watch(page, 2)).at(-1).cancelled, true);
    // The workers are free for the page again.
    await button(page, 'Run').click();
    await reach(page, /^Finished/);
  });
});

test('one run is active at a time, requested or not', { timeout: 90_000 }, async () => {
  const query = '?scenario=hft&workers=2&operations=1000000000&duration_s=60&trail_mib=3500';
  await withPage({ name: 'busy tab', query, context, expected: [REFUSED] }, async (page) => {
    await answered(page);
    await button(page, 'Run').click();
    await reach(page, /^Running$/);
    const busy = await begin(page);
    assert.equal(busy.status, 503);
    assert.match(busy.text, /the workers have a run already/);
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);

    assert.equal((await begin(page, { rate_per_s: 100_000 })).status, 202);
    await button(page, 'Run again').click();
    await reach(page, /^Failed$/);
    await stateOf(page).page().getByText('They are executing a run that was requested over HTTP.').waitFor();
    assert.equal((await watch(page, 1)).at(-1).passed, true);
    await button(page, 'Run again').click();
    await reach(page, /^Running$/);
  });
});
