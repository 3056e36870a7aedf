/** The groups in which the page offers the scenarios, with a line on what each shows. */
/** @import { Scenario } from '../../types.d.ts' */

/** @type {{ title: string, lines: Record<string, string> }[]} */
const GROUPS = [
  {
    title: 'Stories',
    lines: {
      hft: 'Everybody trades at full speed',
      'bank-run': 'More is owed than the bank holds',
      payments: 'Holds, payments and fees',
    },
  },
  {
    title: 'Correctness',
    lines: {
      deadlock: 'Workers that wait for each other',
      compliance: 'Every attempt is in the trail',
      deposits: 'Everybody deposits at once',
      mixed: 'Deposits and withdrawals at once',
      transfers: 'Back and forth between two',
      readers: 'Reads while others write',
    },
  },
  {
    title: 'Throughput',
    lines: {
      smallbank: 'The SmallBank benchmark',
      performance: 'The simplest benchmark',
      'high-volume': 'Four reads for each transfer',
    },
  },
];

/** Holds the scenarios that no group names. */
const OTHERS = 'Others';

/** @typedef {{ title: string, items: { scenario: Scenario, line: string }[] }} ScenarioGroup */

/**
 * Returns the groups that have a scenario.
 * @param {Scenario[]} scenarios
 * @returns {ScenarioGroup[]}
 */
export function groupsOf(scenarios) {
  const groups = GROUPS.map(({ title, lines }) => {
    const found = scenarios.filter(({ name }) => Object.hasOwn(lines, name));
    return { title, items: found.map((scenario) => ({ scenario, line: lines[scenario.name] })) };
  });
  const grouped = new Set(groups.flatMap(({ items }) => items.map(({ scenario }) => scenario)));
  const rest = scenarios.filter((scenario) => !grouped.has(scenario));
  const others = { title: OTHERS, items: rest.map((scenario) => ({ scenario, line: '' })) };
  return [...groups, others].filter(({ items }) => items.length > 0);
}
