/** Requests to a ledger, sent by a script of the page. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

/** @import { Page } from 'playwright-core' */

/** Allows a service worker, which the other tests block. */
export const context = { serviceWorkers: /** @type {const} */ ('allow') };

/** The browser's own message about a response with an error status. */
export const REFUSED = /Failed to load resource: the server responded with a status of [45]\d\d/;

export const BALANCE = '/account/coins?username=aaron';
export const OPERATOR = { Authorization: 'Bearer operator' };

/** Waits until the tab's ledger answers. @param {Page} page */
export async function answered(page) {
  await page.getByRole('radio', { name: 'This tab’s ledger', checked: true }).waitFor();
}

/** @typedef {{ method?: string, path: string, headers?: Record<string, string>, body?: string }} Call */

/**
 * @param {Page} page
 * @param {Call} call
 */
export function ask(page, { method = 'GET', path, headers = {}, body }) {
  return page.evaluate(
    async ({ method, path, headers, body }) => {
      const response = await fetch(`.${path}`, { method, headers, body });
      const sent = Object.fromEntries(response.headers);
      return { status: response.status, headers: sent, text: await response.text() };
    },
    { method, path, headers, body },
  );
}

/** Returns Aaron's balance. @param {Page} page */
export async function balance(page) {
  const { text } = await ask(page, { path: BALANCE, headers: { Authorization: '1' } });
  return JSON.parse(text).Balance;
}

/** @param {Page} page @param {number} amount */
export async function deposit(page, amount) {
  const path = `/account/coins/add?username=aaron&amount=${amount}`;
  const { status } = await ask(page, { method: 'POST', path, headers: { Authorization: '1' } });
  assert.equal(status, 200);
}

/** Creates transfers between two accounts of the demo. @param {Page} page @param {number} count */
export async function fill(page, count) {
  const event = { id: 'new', debit_account_id: 65_536, credit_account_id: 65_537, amount: 0 };
  const events = Array.from({ length: count }, () => ({ ...event, amount: 1, ledger: 1, code: 1 }));
  const body = JSON.stringify({ events });
  const call = { method: 'POST', path: '/v1/transfers', headers: OPERATOR, body };
  const { status, text } = await ask(page, call);
  assert.equal(status, 200, text.slice(0, 400));
}

/** GoLedger's calls, with the responses that every host must give. */
export async function table() {
  const file = new URL('../suite/common/goledger_calls.json', import.meta.url);
  /** @type {(Required<Call> & { what: string, status: number, body: unknown })[]} */
  const calls = JSON.parse(await readFile(file, 'utf8'));
  assert(calls.length > 40, `${calls.length} calls`);
  return calls;
}
