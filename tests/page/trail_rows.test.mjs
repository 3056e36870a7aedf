/** The computations of the trail explorer, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountCount, accountId, accountName, accountNames, decimalId } from '../../www/features/accounts/account_names.js';
import { coalesce } from '../../www/lib/coalesce.js';
import { summaryOfEntry, cellsOf, entryFields } from '../../www/features/trail/entry_text.js';
import { EMPTY_FILTER, parseFilter, isEmptyFilter, accountFilter } from '../../www/features/trail/trail_filter.js';
import { BLOCKS_MAX, BLOCK_ROWS, RowCache } from '../../www/features/trail/row_cache.js';
import { SCROLLED_MAX_PX, VirtualScroll } from '../../www/features/trail/virtual_scroll.js';
import { LAYOUT } from './account_layout.mjs';

/** @import { TrailEntry } from '../../www/types.d.ts' */

test('account names and ids map to each other', () => {
  assert.equal(accountCount(LAYOUT), 1_006);
  const names = accountNames(LAYOUT, 10_000);
  assert.equal(new Set(names).size, 1_006);
  names.forEach((name, place) => assert.equal(accountId(LAYOUT, name), String(place + 1), name));
  assert.deepEqual(names.slice(0, 4), ['@world', '@world_1', '@world_2', 'trader_1']);
  assert.deepEqual(names.slice(-3), ['processor', 'exchange_1', 'exchange_2']);
  for (const unknown of [0, 1_007, '340282366920938463463374607431768211455', -1, 'x']) {
    assert.equal(accountName(LAYOUT, unknown), String(unknown));
  }
  for (const unknown of [
    'trader',
    'trader_0',
    'trader_1001',
    'trader_01',
    '@world_3',
    'processor_1',
    '',
  ]) {
    assert.equal(accountId(LAYOUT, unknown), null, unknown);
  }
  assert.equal(accountId(LAYOUT, ' 0042 '), '42');
  assert.equal(accountId(null, 'trader_1'), null);
  assert.equal(accountNames(LAYOUT, 5).length, 5);
});

test('every one of ten million rows is reachable', () => {
  const track = new VirtualScroll(30);
  track.resize(10_000_000, 780);
  assert.equal(track.scrolled_px, SCROLLED_MAX_PX);
  assert(track.is_scaled);
  track.syncFromScrollTop(SCROLLED_MAX_PX - 780);
  assert.equal(track.first, 10_000_000 - 26, 'the end of the bar is the last row');
  assert.equal(track.shift_px, 0);
  // A browser ends a fraction of a pixel before its end.
  track.syncFromScrollTop(SCROLLED_MAX_PX - 780.6);
  assert.equal(track.first, 10_000_000 - 26);
  track.syncFromScrollTop(0);
  assert.equal(track.first, 0);
  for (const row of [0, 1, 299_999, 5_000_000, 9_999_998, 9_999_999]) {
    track.reveal(row);
    assert(track.first <= row && row < track.first + 27, `row ${row}`);
    // The browser's scroll position maps back to the same place, within one pixel.
    const at = track.position_px;
    const back = new VirtualScroll(30);
    back.resize(10_000_000, 780);
    back.syncFromScrollTop(track.scroll_top_px);
    assert(Math.abs(back.position_px - at) < 40, `row ${row}: ${back.position_px} and ${at}`);
  }
  track.moveTo(0);
  for (let step = 0; step < 1_000; step += 1) {
    const { first } = track;
    track.moveBy(100);
    assert(track.first - first <= 4, 'a wheel skips nothing');
  }
  assert.equal(track.position_px, 100_000);
  track.moveBy(-1e12);
  assert.equal(track.first, 0);
});

test('few rows are scrolled as they are', () => {
  const track = new VirtualScroll(30);
  track.resize(10, 780);
  assert.deepEqual([track.scrolled_px, track.is_scaled, track.scroll_top_px], [780, false, 0]);
  track.resize(1_000, 780);
  assert.equal(track.scrolled_px, 30_000);
  track.syncFromScrollTop(45);
  assert.deepEqual([track.first, track.shift_px, track.scroll_top_px], [1, 15, 45]);
  track.center(500);
  assert(track.first < 500 && track.first + 26 > 500);
  track.resize(5, 780);
  assert.equal(track.position_px, 0, 'fewer rows do not leave it past them');
  track.resize(0, 780);
  track.reveal(0);
  assert.equal(track.first, 0);
});

/** @param {number} row @returns {TrailEntry} */
function entry(row) {
  return {
    writer: 1,
    position: row,
    kind: 'transfer',
    status: 'created',
    timestamp: row,
    id: `${row}`,
  };
}

/** A reader whose answers the test releases. */
function slowReader() {
  const blocks = /** @type {number[]} */ ([]);
  const answers = /** @type {(() => void)[]} */ ([]);
  /** @param {number} first @param {number} limit @returns {Promise<TrailEntry[]>} */
  const read = (first, limit) => {
    blocks.push(first / BLOCK_ROWS);
    return new Promise((resolve) => {
      answers.push(() =>
        resolve(Array.from({ length: limit }, (_, index) => entry(first + index))),
      );
    });
  };
  const answer = async () => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { blocks, read, answer };
}

test('blocks that were scrolled past are not read', async () => {
  const { blocks, read, answer } = slowReader();
  const pages = new RowCache(
    read,
    () => {},
    () => assert.fail(),
  );
  pages.setRowCount(1_000_000);
  pages.setVisibleRows(0, 30);
  for (let row = 0; row < 900_000; row += 1_000) pages.setVisibleRows(row, row + 30);
  pages.setVisibleRows(900_000, 900_030);
  await answer();
  await answer();
  assert.deepEqual(blocks.slice(0, 2), [0, Math.floor(900_000 / BLOCK_ROWS)]);
  assert.equal(pages.get(900_007)?.timestamp, 900_007);
  assert.equal(pages.get(500_000), undefined);
});

test('the most recently used blocks stay in the cache', async () => {
  const { read, answer } = slowReader();
  const pages = new RowCache(
    read,
    () => {},
    () => assert.fail(),
  );
  pages.setRowCount(10_000_000);
  for (let block = 0; block < 3 * BLOCKS_MAX; block += 1) {
    pages.setVisibleRows(block * BLOCK_ROWS, block * BLOCK_ROWS + 30);
    for (let turn = 0; turn < 4; turn += 1) await answer();
    assert(pages.size <= BLOCKS_MAX, `${pages.size} blocks`);
    assert.equal(pages.get(block * BLOCK_ROWS)?.position, block * BLOCK_ROWS);
  }
  assert.equal(pages.get(0), undefined);
});

test('a block that was short when it was read is read again', async () => {
  const { blocks, read, answer } = slowReader();
  const pages = new RowCache(
    read,
    () => {},
    () => assert.fail(),
  );
  pages.setRowCount(100);
  pages.setVisibleRows(0, 30);
  await answer();
  assert.equal(pages.get(99)?.position, 99);
  assert.equal(pages.get(100), undefined);
  pages.setRowCount(300);
  await answer();
  await answer();
  assert.equal(pages.get(255)?.position, 255);
  assert.equal(pages.get(299)?.position, 299);
  assert.deepEqual(blocks, [0, 0, 1]);
});

test('a block that cannot be read is reported once, and the others are read', async () => {
  const failures = /** @type {unknown[]} */ ([]);
  let blocks = 0;
  /** @param {number} first */
  const read = async (first) => {
    blocks += 1;
    if (first === 0) throw new Error('it is gone');
    return Array.from({ length: BLOCK_ROWS }, (_, index) => entry(first + index));
  };
  const pages = new RowCache(
    read,
    () => {},
    (error) => failures.push(error),
  );
  pages.setRowCount(10_000);
  pages.setVisibleRows(0, 30);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(failures.length, 1);
  assert.equal(blocks, 2, 'the next block was read');
  pages.close();
  pages.setVisibleRows(512, 600);
  assert.equal(blocks, 2, 'a closed cache reads nothing');
});

test('fields become the filter that they say', () => {
  const all = parseFilter(EMPTY_FILTER, LAYOUT);
  assert.deepEqual(all, { filter: {}, problems: {} });
  assert(isEmptyFilter({ ...EMPTY_FILTER, newest_first: true }) && !isEmptyFilter({ ...EMPTY_FILTER, kind: 'account' }));
  const { filter, problems } = parseFilter(
    {
      account: ' trader_5 ',
      status: 'Exceeds credits',
      kind: 'transfer',
      writer: '2',
      from: '10',
      to: '18446744073709551615',
      id: '00000000-0000-7000-8000-00000a000001',
      newest_first: true,
    },
    LAYOUT,
  );
  assert.deepEqual(problems, {});
  assert.deepEqual(filter, {
    account_id: '8',
    status: 'exceeds_credits',
    kind: 'transfer',
    writer: 2,
    timestamp_min: '10',
    timestamp_max: '18446744073709551615',
    id: String(0x00000000_0000_7000_8000_00000a000001n),
    reversed: true,
  });
  assert.deepEqual(parseFilter(accountFilter(LAYOUT, 8), LAYOUT).filter, { account_id: '8' });
});

test('fields that say no filter say why', () => {
  const { problems } = parseFilter(
    { ...EMPTY_FILTER, account: 'nobody', writer: 'x', from: '-1', to: '1.5', id: 'abc' },
    LAYOUT,
  );
  assert.deepEqual(Object.keys(problems).sort(), ['account', 'from', 'id', 'to', 'writer']);
  assert.equal(problems.account, 'There is no account “nobody”.');
  const empty = parseFilter({ ...EMPTY_FILTER, from: '10', to: '9' }, LAYOUT).problems;
  assert.deepEqual(empty, { to: 'The end is before the beginning, 10.' });
  assert.deepEqual(parseFilter({ ...EMPTY_FILTER, from: '9', to: '9' }, LAYOUT).problems, {});
  assert.equal(decimalId('0'.repeat(40)), null);
});

test('an entry is described with account names', () => {
  const moved = {
    ...entry(7),
    debit_account_id: 4,
    credit_account_id: '1005',
    amount: '20000000000000000',
    flags: ['pending'],
    extension: { pending_id: '9' },
  };
  const cells = cellsOf(moved, 41, LAYOUT);
  assert.deepEqual([cells.number, cells.from, cells.to], ['42', 'trader_1', 'exchange_1']);
  assert.equal(cells.amount, '20,000,000,000,000,000');
  assert.equal(cells.status, 'created, pending');
  assert.equal(
    summaryOfEntry({ ...moved, amount: 3 }, LAYOUT),
    '3 from trader_1 to exchange_1, created, pending',
  );
  const held = new Map(entryFields(moved, LAYOUT));
  assert.equal(held.get('Debit account'), 'trader_1 (id 4)');
  assert.equal(held.get('Id of the pending transfer'), '9');
  assert.equal(held.get('Writer'), 'Worker 1');
  const opened = { ...entry(1), kind: /** @type {const} */ ('account'), id: '4' };
  assert.equal(summaryOfEntry(opened, LAYOUT), 'New account trader_1, created');
});

test('of several calls only the last one has an effect', async () => {
  const done = /** @type {number[]} */ ([]);
  const act = coalesce(async (/** @type {number} */ blocks) => {
    await new Promise((resolve) => setImmediate(resolve));
    done.push(blocks);
  });
  for (let call = 1; call < 9; call += 1) act(call);
  await act(9);
  assert.deepEqual(done, [1, 9]);
  await act(10);
  assert.equal(done.at(-1), 10);
});
