/** Numbers as people read them: by locale, with units, and with digits that do not jump about. */
/** @import { Amount } from '../types.d.ts' */

/** Keeps a number and its unit on one line. */
const SPACE = '\u00a0';
/** What has more characters than this is rather a sentence than a number. */
const LONG = 40;

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const digits = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat(undefined, {
  notation: 'compact',
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});
const brief = new Intl.NumberFormat(undefined, {
  notation: 'compact',
  maximumSignificantDigits: 3,
});
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

/**
 * Three digits, or more where three would round a whole number.
 * @param {number} value
 */
function short(value) {
  return value < 100 ? digits.format(value) : whole.format(value);
}

/** @param {number} value */
export function count(value) {
  return whole.format(value);
}

/**
 * An amount, a count or a word, as a check or a balance holds it.
 * @param {Amount | bigint} value
 */
export function amount(value) {
  if (typeof value === 'string' && !/^-?\d+$/.test(value)) return value;
  return whole.format(typeof value === 'string' ? BigInt(value) : value);
}

/**
 * The class of a figure that is a sentence and may be broken into lines, where a number may not.
 * @param {Amount} value
 */
export function figureClass(value) {
  return String(value).length > LONG ? 'long' : '';
}

/**
 * A count next to its noun, which loses its plural where the count is one.
 * @param {number} value
 * @param {string} plural
 */
export function counted(value, plural) {
  const noun = value === 1 ? plural.replace(/ies$/, 'y').replace(/s$/, '') : plural;
  return `${whole.format(value)}${SPACE}${noun}`;
}

/**
 * A rate in three digits, such as 9.31M: its digits change ten times a second, its width does not.
 * @param {number} value
 */
export function rate(value) {
  return value < 1000 ? whole.format(value) : compact.format(value);
}

/**
 * A value on an axis.
 * @param {number} value
 */
export function tick(value) {
  return brief.format(value);
}

/**
 * A share in tenths of a percent; what is less than one of them is not nothing.
 * @param {number} part
 */
export function share(part) {
  return part > 0 && part < 0.001 ? `<${percent.format(0.001)}` : percent.format(part);
}

/**
 * The unit in which a length of time reads best.
 * @param {number} longest_ns
 * @returns {{ symbol: string, nanoseconds: number }}
 */
export function timeUnit(longest_ns) {
  if (longest_ns >= 1e9) return { symbol: 's', nanoseconds: 1e9 };
  if (longest_ns >= 1e6) return { symbol: 'ms', nanoseconds: 1e6 };
  return { symbol: 'µs', nanoseconds: 1e3 };
}

/** @param {number} nanoseconds */
export function duration(nanoseconds) {
  const unit = timeUnit(nanoseconds);
  return short(nanoseconds / unit.nanoseconds) + SPACE + unit.symbol;
}

const tenths = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/**
 * A running clock: always in tenths of a second.
 * @param {number} nanoseconds
 */
export function clock(nanoseconds) {
  return tenths.format(nanoseconds / 1e9) + SPACE + 's';
}

const thousandths = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 3,
  maximumFractionDigits: 3,
});

/**
 * A moment of a run: in thousandths of a second, so that moments can be compared; what is earlier
 * than one of them in a smaller unit.
 * @param {number} nanoseconds
 */
export function moment(nanoseconds) {
  if (nanoseconds < 1e6) return duration(nanoseconds);
  return thousandths.format(nanoseconds / 1e9) + SPACE + 's';
}

/** @param {number} value */
export function bytes(value) {
  const powers = ['B', 'kB', 'MB', 'GB', 'TB'];
  let power = 0;
  let rest = value;
  while (rest >= 1000 && power < powers.length - 1) {
    rest /= 1000;
    power += 1;
  }
  return short(rest) + SPACE + powers[power];
}

/**
 * A status as words: `exceeds_credits` reads "exceeds credits".
 * @param {string} name
 */
export function words(name) {
  return name.replaceAll('_', ' ');
}
