/** Money in all accounts less money that was issued: a flat zero, or the moment at which it was not. */
/** @import { Line } from '../../charts/chart.js' */
/** @import { LedgerPoint } from '../../types.d.ts' */
import { Chart } from '../../charts/chart.js';
import { AROUND_ZERO } from '../../charts/scales.js';

const LABEL = 'Coins held less coins issued';
/** @type {Line} */
const FLAT = { label: LABEL, token: '--good' };
/** @type {Line} */
const ADRIFT = { label: LABEL, token: '--bad', fill: '--bad-soft' };

export function conservationChart() {
  const chart = new Chart({
    title: 'Conservation over time',
    empty: 'Coins in all accounts less coins issued, at every look: it must be a flat zero.',
    height: AROUND_ZERO,
  });
  chart.setLines([FLAT]);
  let is_adrift = false;

  /** @param {LedgerPoint[]} looks */
  const columns = (looks) => {
    const first = looks.find(({ difference }) => difference !== null && difference !== 0);
    chart.setAnnotations(first ? [{ at_ns: first.time_ns, label: 'Zero left' }] : []);
    if (is_adrift !== (first !== undefined)) {
      is_adrift = !is_adrift;
      chart.setLines([is_adrift ? ADRIFT : FLAT]);
    }
    return [looks.map(({ difference }) => difference)];
  };
  return { chart, columns };
}
