/** A report's series as CSV (RFC 4180): a line of headings, and a line for each second. */
/** @import { Report } from '../types.d.ts' */

const HEADINGS = ['from_s', 'to_s', 'accepted', 'refused', 'interrupted'];

/**
 * Numbers have a decimal point in every language, so that programs can read them.
 * @param {Report} report
 */
export function seriesCsv({ series, elapsed_ns }) {
  const { interval_ns, accepted, refused, interrupted } = series;
  const lines = accepted.map((number, index) => {
    const is_last = index === accepted.length - 1;
    const from_ns = Math.min(index * interval_ns, elapsed_ns);
    const to_ns = is_last ? elapsed_ns : Math.min((index + 1) * interval_ns, elapsed_ns);
    return [from_ns / 1e9, to_ns / 1e9, number, refused[index], interrupted[index]];
  });
  return [HEADINGS, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}
