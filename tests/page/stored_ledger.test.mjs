/** Ledgers that are stored in the browser: by a run, offered after a reload or a crash, as one file, and by the command line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { button, downloadReport, downloaded, openReport, reach, rowsOf, unfold, withPage } from './browser.mjs';
import { command } from './native.mjs';

/** @import { Page } from 'playwright-core' */

const RUN = '?scenario=hft&workers=2&operations=20000&seed=7';
/** Writes until it is ended. */
const LONG_RUN = '?scenario=hft&workers=2&operations=1000000&duration_s=60&rate_per_s=5000&seed=7';

/** @param {Page} page @param {string} name */
const region = (page, name) => page.getByRole('region', { name, exact: true });

/** @param {Page} page */
async function keepOnDisk(page) {
  await reach(page, /^Ready$/);
  await unfold(page);
  await page.getByRole('checkbox', { name: 'Keep on disk' }).check();
}

/** Runs with the ledger kept on disk, to the end. @param {Page} page */
async function runOnDisk(page) {
  await keepOnDisk(page);
  await button(page, 'Run').click();
  await reach(page, /^Finished/, 60_000);
}

/** Waits until a run has written something. @param {Page} page */
async function writeForAWhile(page) {
  await keepOnDisk(page);
  await button(page, 'Run').click();
  await reach(page, /^Running$/, 60_000);
  await page.waitForTimeout(1_000);
}

/** Opens the stored ledger, and returns what the page found in it. @param {Page} page */
async function openStored(page) {
  await button(page, 'Open the stored ledger').click();
  return opened(page);
}

/** Returns what the page found in an opened ledger. @param {Page} page */
async function opened(page) {
  await region(page, 'Opened ledger').waitFor();
  const text = await region(page, 'Opened ledger').innerText();
  const entries = Number(/Entries\s+([\d,]+) in/.exec(text)?.[1].replaceAll(',', ''));
  return { text, entries, trail_hash: /[0-9a-f]{64}/.exec(text)?.[0] };
}

/** Calls a function with a new folder. @param {(folder: string) => Promise<void>} use */
async function withFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'ledgerlab-page-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('a run on disk is offered after a reload, and the command line reads its file', { timeout: 120_000 }, async () => {
  await withPage({ name: 'stored run', query: RUN }, async (page) => {
    await runOnDisk(page);
    const { report } = await downloadReport(page);
    const stored = report.checks.find(({ name }) => name === 'stored');
    assert(stored?.passed && Number(stored.found) >= report.totals.trail_entries, 'every record is on the disk');
    await region(page, 'Result').getByText(/waited until it was on the disk: [\d.]+K? durable operations\/s/).waitFor();
    await page.getByRole('table', { name: 'Stored runs' }).getByText('Trading floor, on disk').waitFor();
    await assertAccessible(page, 'after a run on disk');

    await page.reload();
    await reach(page, /^Ready$/);
    const card = region(page, 'Stored ledger');
    await card.getByText(/^A ledger of Trading floor, .+, [\d.]+\sMiB, is stored in this browser\.$/).waitFor();
    assert.equal(await card.getByText(/interrupted/).count(), 0);
    const { file, bytes } = await downloaded(page, 'Download the stored ledger');
    assert.match(file, /^ledgerlab-hft-7\.tar$/);
    await withFolder(async (folder) => {
      const path = join(folder, file);
      await writeFile(path, bytes);
      const verified = command('verify', path);
      assert.equal(verified.status, 0, verified.stderr);
      assert.match(verified.stdout, new RegExp(`equal to a serial run; trail hash ${report.trail_hash}`));
      assert.match(command('inspect', path).stdout, /closed +yes/);
      const target = join(folder, 'restored');
      assert.equal(command('restore', path, target).status, 0);
      assert.match(command('verify', target).stdout, new RegExp(report.trail_hash));
    });

    const found = await openStored(page);
    assert.equal(found.entries, report.totals.trail_entries);
    assert.equal(found.trail_hash, report.trail_hash);
    assert.match(found.text, /✓ Every entry is whole and equal to a serial run/);
    assert.match(found.text, /All debits equal all credits/);
    const accounts = page.getByRole('table', { name: 'Accounts', exact: true });
    await accounts.scrollIntoViewIfNeeded();
    await accounts.getByText('exchange_1', { exact: true }).waitFor();
    await region(page, 'Trail').scrollIntoViewIfNeeded();
    await region(page, 'Trail').getByText(/22,\d+\sentries\./).waitFor();
    assert.equal(await button(page, 'Move coins').isVisible(), false, 'an opened ledger is only read');
    await assertAccessible(page, 'with an opened ledger');

    // The next run takes its place on the page; without the switch it leaves the stored ledger alone.
    await button(page, 'Run').click();
    await reach(page, /^Finished$/);
    await region(page, 'Opened ledger').waitFor({ state: 'hidden' });
    await card.getByText(/is stored in this browser/).waitFor();
  });
});

test('a tab that crashes in the middle of a run leaves a ledger that opens', { timeout: 120_000 }, async () => {
  await withPage({ name: 'crashed run', query: LONG_RUN }, async (page) => {
    await writeForAWhile(page);
    const session = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    session.send('Page.crash').catch(() => {});
    await crashed;
    const next = await page.context().newPage();
    await next.goto(page.url());
    await reach(next, /^Ready$/);
    await region(next, 'Stored ledger').getByText('Its run was interrupted.').waitFor();
    const { text, entries } = await openStored(next);
    assert.match(text, /✓ Every entry is whole and equal to a serial run/);
    assert.match(text, /It was not closed/);
    assert(entries > 2_033, `${entries} entries: more than those of the setup`);
  });
});

test('a folder of the command line opens on the page', { timeout: 60_000 }, async () => {
  await withFolder(async (folder) => {
    const data = join(folder, 'ledger');
    const run = command('run', 'payments', '--operations', '2000', '--workers', '2', '--data', data, '--quiet');
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /Stored/);
    const archive = join(folder, 'ledger.tar');
    assert.equal(spawnSync('tar', ['-cf', archive, '-C', data, '.']).status, 0);
    const verified = command('verify', archive);
    assert.equal(verified.status, 0, verified.stderr);
    await withPage({ name: 'native folder', query: RUN }, async (page) => {
      await reach(page, /^Ready$/);
      await openReport(page, 'ledger.tar', await readFile(archive));
      const { text, trail_hash } = await opened(page);
      assert.match(text, /“ledger\.tar”/);
      assert.match(text, /✓ Every entry is whole/);
      assert(trail_hash && verified.stdout.includes(trail_hash), verified.stdout);
      // Nothing says what its accounts are called.
      const accounts = page.getByRole('table', { name: 'Accounts', exact: true });
      await accounts.scrollIntoViewIfNeeded();
      await accounts.getByRole('row').nth(1).waitFor();
      assert.match((await rowsOf(accounts))[0][0], /^1\b/);
    });
  });
});

/** @type {{ name: string, change: (archive: Buffer) => Buffer, says: RegExp }[]} */
const DAMAGED = [
  { name: 'cut', change: (archive) => archive.subarray(0, 100_000), says: /It is cut off within 00000001\.log/ },
  { name: 'header', change: (archive) => flipped(archive, 3), says: /It has no header of a file at byte 0\./ },
  { name: 'block', change: (archive) => flipped(archive, archive.indexOf('LDGRBLCK') + 130), says: /[Bb]lock \d+ \(00000001\.log, byte \d+\)/ },
  { name: 'empty', change: () => Buffer.alloc(1_024), says: /It has no ledger\.head, so it is not the file of a ledger\./ },
];

/** Returns a copy with another bit at this byte. @param {Buffer} archive @param {number} at */
function flipped(archive, at) {
  const copy = Buffer.from(archive);
  copy[at] ^= 1;
  return copy;
}

test('a damaged or foreign file is named, and what is displayed stays', { timeout: 120_000 }, async () => {
  await withPage({ name: 'damaged ledger', query: RUN }, async (page) => {
    await runOnDisk(page);
    const { bytes } = await downloaded(page, 'Download the stored ledger');
    const history = region(page, 'Run history');
    for (const { name, change, says } of DAMAGED) {
      await openReport(page, `${name}.tar`, change(bytes));
      const alert = history.getByRole('alert').filter({ hasText: `“${name}.tar” was not opened.` });
      await alert.waitFor();
      assert.match(await alert.innerText(), says);
      assert.match(await alert.innerText(), /displayed has not changed\.$/);
      await reach(page, /^Finished$/);
      assert.equal(await region(page, 'Opened ledger').isVisible(), false);
    }
    await assertAccessible(page, 'with a damaged file');
    // The ledger of the displayed run is still there.
    await button(page, 'Find again').click();
    await region(page, 'Trail').getByText(/22,\d+\sentries\./).waitFor();

    // Dropped on the page, the whole file opens.
    const transfer = await page.evaluateHandle((base64) => {
      const made = new DataTransfer();
      made.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], 'whole.tar'));
      return made;
    }, bytes.toString('base64'));
    for (const type of ['dragenter', 'dragover', 'drop']) await history.dispatchEvent(type, { dataTransfer: transfer });
    assert.match((await opened(page)).text, /“whole\.tar”, a ledger of Trading floor/);
  });
});

test('a second tab says what the first one is writing', { timeout: 120_000 }, async () => {
  await withPage({ name: 'second tab', query: LONG_RUN }, async (page) => {
    await writeForAWhile(page);
    const second = await page.context().newPage();
    await second.goto(page.url());
    await keepOnDisk(second);
    await region(second, 'Stored ledger').getByText('Another tab is writing it now.').waitFor();
    await button(second, 'Open the stored ledger').click();
    await region(second, 'Stored ledger').getByText(/^The stored ledger is in use\. A tab of this page is writing a ledger of Trading floor, /).waitFor();
    await button(second, 'Run').click();
    const alert = second.getByRole('alert').filter({ hasText: 'The run was not started' });
    await alert.waitFor();
    assert.match(await alert.innerText(), /Another tab of this page is writing a ledger of Trading floor, .+\. One tab does so at a time\./);
    await button(page, 'Cancel').click();
    await reach(page, /^Cancelled$/);
    await button(second, 'Run again').click();
    await reach(second, /^Running$/);
  });
});

test('a run whose disk is full stops with a sentence, and what was on the disk opens', { timeout: 120_000 }, async () => {
  await withPage({ name: 'full disk', query: '?scenario=hft&workers=2&operations=1000000&seed=7' }, async (page) => {
    await keepOnDisk(page);
    const session = await page.context().newCDPSession(page);
    const origin = new URL(page.url()).origin;
    const { usage } = await session.send('Storage.getUsageAndQuota', { origin });
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + (8 << 20) });
    await button(page, 'Run').click();
    await reach(page, /^Failed$/);
    const alert = page.getByRole('alert').filter({ hasText: 'The run, whose ledger is stored, stopped.' });
    assert.match(await alert.innerText(), /The disk has no space for further attempts/);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    const { text, entries } = await openStored(page);
    assert.match(text, /✓ Every entry is whole and equal to a serial run/);
    assert(entries > 2_033, `${entries} entries`);
  });
});

test('the stored ledger is deleted after a second press', { timeout: 60_000 }, async () => {
  await withPage({ name: 'deleted ledger', query: RUN }, async (page) => {
    await runOnDisk(page);
    await button(page, 'Delete the stored ledger').click();
    await button(page, 'Really delete the stored ledger').click();
    const card = region(page, 'Stored ledger');
    await card.getByText('The stored ledger was deleted.').waitFor();
    await page.reload();
    await reach(page, /^Ready$/);
    assert.equal(await card.isVisible(), false);
  });
});

test('the file picker is reached by keyboard', { timeout: 60_000 }, async () => {
  await withPage({ name: 'picker by keyboard', query: RUN }, async (page) => {
    await reach(page, /^Ready$/);
    const open = button(page, 'Open a file…');
    // A panel is drawn a frame or more after the state that enables its button, and a disabled one takes no focus.
    await open.click({ trial: true });
    await open.focus();
    await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')]);
  });
});

test('the switch says why a ledger cannot be stored', { timeout: 60_000 }, async () => {
  const before = (/** @type {Page} */ page) =>
    page.addInitScript(() => Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: undefined }));
  await withPage({ name: 'no file system', query: RUN, before }, async (page) => {
    await reach(page, /^Ready$/);
    await unfold(page);
    assert.equal(await page.getByRole('checkbox', { name: 'Keep on disk' }).isDisabled(), true);
    await page.getByText('This browser has no private file system for pages, so it cannot store ledgers.').waitFor();
  });
  await withPage({ name: 'incorrect protocol', query: `${RUN}&concurrency=no-locks` }, async (page) => {
    await reach(page, /^Ready$/);
    await unfold(page);
    assert.equal(await page.getByRole('checkbox', { name: 'Keep on disk' }).isDisabled(), true);
    await page.getByText(/only ledgers under a correct one are stored\./).waitFor();
  });
});
