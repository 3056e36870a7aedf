/** Money that is moved by hand: what the form's fields say, and what came of it in a sentence. */
/** @import { AccountLayout } from '../../types.d.ts' */
import { WORLD, accountId, accountName } from './account_names.js';
import { amount as figure, words } from '../../lib/format.js';

/** The most coins at a time: what a whole number holds exactly. */
const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;

/** @typedef {'deposit' | 'withdraw' | 'transfer'} Kind */

/**
 * The form's fields as they were typed.
 * @typedef {{ kind: Kind, from: string, to: string, amount: string }} Typed
 */

/** @typedef {{ from: string, to: string, amount: number }} Move */

/** @typedef {Partial<Record<'from' | 'to' | 'amount', string>>} Problems */

/**
 * From which account to which, and how much; a sentence for each field that does not say it.
 * @param {Typed} typed
 * @param {AccountLayout | null} layout
 * @returns {{ move: Move | null, problems: Problems }}
 */
export function parseManualTransfer({ kind, from, to, amount }, layout) {
  /** @type {Problems} */
  const problems = {};
  /** @param {'from' | 'to'} name @param {string} text */
  const account = (name, text) => {
    const id = accountId(layout, text);
    if (text.trim() === '') problems[name] = 'Name an account, or its id.';
    else if (id === null) problems[name] = `No account is called “${text.trim()}”.`;
    return id ?? '';
  };
  const ids = {
    from: account('from', kind === 'deposit' ? WORLD : from),
    to: account('to', kind === 'withdraw' ? WORLD : to),
  };
  const coins = /^\d+$/.test(amount.trim()) ? Number(amount) : 0;
  if (coins < 1) problems.amount = 'An amount is a whole number, at least 1.';
  else if (coins > AMOUNT_MAX) problems.amount = `At most ${figure(AMOUNT_MAX)} at a time.`;
  const isSound = Object.keys(problems).length === 0;
  return { move: isSound ? { ...ids, amount: coins } : null, problems };
}

/**
 * @param {Move} move
 * @param {string} status
 * @param {AccountLayout | null} layout
 */
export function resultText({ from, to, amount }, status, layout) {
  const coins = amount === 1 ? '1 coin' : `${figure(amount)} coins`;
  const way = `from ${accountName(layout, from)} to ${accountName(layout, to)}`;
  return status === 'created'
    ? `Created: ${coins} went ${way}.`
    : `Refused, ${words(status)}: no coin went ${way}.`;
}
