/** Manual transfers: parses the texts of the form, and describes the result. */
/** @import { AccountLayout } from '../../types.d.ts' */
import { amount as format, counted, words } from '../../lib/format.js';
import { WORLD, accountId, accountName } from './account_names.js';

/** The largest number that JavaScript represents exactly. */
const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;

/** @typedef {'deposit' | 'withdraw' | 'transfer'} Kind */

/**
 * The texts of the form.
 * @typedef {{ kind: Kind, from: string, to: string, amount: string }} Texts
 */

/** @typedef {{ from: string, to: string, amount: number }} ManualTransfer */

/** @typedef {Partial<Record<'from' | 'to' | 'amount', string>>} Problems */

/**
 * Returns the transfer, or the problem of each invalid field.
 * @param {Texts} texts
 * @param {AccountLayout | null} layout
 * @returns {{ transfer: ManualTransfer | null, problems: Problems }}
 */
export function parseManualTransfer({ kind, from, to, amount }, layout) {
  /** @type {Problems} */
  const problems = {};
  /** @param {'from' | 'to'} field @param {string} text */
  const parseAccount = (field, text) => {
    const id = accountId(layout, text);
    if (text.trim() === '') problems[field] = 'Enter the name or the id of an account.';
    else if (id === null) problems[field] = `There is no account “${text.trim()}”.`;
    return id ?? '';
  };
  const ids = {
    from: parseAccount('from', kind === 'deposit' ? WORLD : from),
    to: parseAccount('to', kind === 'withdraw' ? WORLD : to),
  };
  const coins = /^\d+$/.test(amount.trim()) ? Number(amount) : 0;
  if (coins < 1) problems.amount = 'Enter a whole number, at least 1.';
  else if (coins > AMOUNT_MAX) problems.amount = `Enter at most ${format(AMOUNT_MAX)} coins.`;
  const is_valid = Object.keys(problems).length === 0;
  return { transfer: is_valid ? { ...ids, amount: coins } : null, problems };
}

/** @param {ManualTransfer} transfer @param {string} status @param {AccountLayout | null} layout */
export function transferText({ from, to, amount }, status, layout) {
  const route = `from ${accountName(layout, from)} to ${accountName(layout, to)}`;
  return status === 'created'
    ? `Created: ${counted(amount, 'coins')} ${route}.`
    : `Refused, ${words(status)}: no coins were moved ${route}.`;
}
