/** An account layout with every kind of name. */
/** @import { AccountLayout } from '../../www/types.d.ts' */

/** @type {AccountLayout} */
export const LAYOUT = {
  worlds: 3,
  roles: [
    { name: 'trader', count: 1_000, coins: 100, alone: false },
    { name: 'processor', count: 1, coins: 0, alone: true },
    { name: 'exchange', count: 2, coins: 5, alone: true },
  ],
};
