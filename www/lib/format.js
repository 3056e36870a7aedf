/** Formats numbers by locale, with units and stable widths. */
/** @import { Amount } from '../types.d.ts' */

/** A no-break space keeps a number and its unit on one line. */
const SPACE = '\u00a0';
/** Longer figures are sentences rather than numbers. */
const FIGURE_MAX = 40;

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

/** Returns three digits, or more if three would round a whole number. @param {number} value */
function short(value) {
  return value < 100 ? digits.format(value) : whole.format(value);
}

/** @param {number} value */
export function count(value) {
  return whole.format(value);
}

/** Returns an amount, a count or a word of a check or a balance. @param {Amount | bigint} value */
export function amount(value) {
  if (typeof value === 'string' && !/^-?\d+$/.test(value)) return value;
  return whole.format(typeof value === 'string' ? BigInt(value) : value);
}

/**
 * Returns the class of figures that may break into lines: sentences may, numbers may not.
 * @param {Amount} value
 */
export function figureClass(value) {
  return String(value).length > FIGURE_MAX ? 'long' : '';
}

/**
 * Returns a count with its noun, in the singular for one.
 * @param {number} value
 * @param {string} plural
 */
export function counted(value, plural) {
  const noun = value === 1 ? plural.replace(/ies$/, 'y').replace(/s$/, '') : plural;
  return `${whole.format(value)}${SPACE}${noun}`;
}

/**
 * Returns a rate in three digits, such as 9.31M, so that its width is stable while it changes.
 * @param {number} value
 */
export function rate(value) {
  return value < 1000 ? whole.format(value) : compact.format(value);
}

/** Returns a value for an axis. @param {number} value */
export function tick(value) {
  return brief.format(value);
}

/**
 * Returns a share in tenths of a percent; smaller shares are shown as less than that.
 * @param {number} part
 */
export function share(part) {
  return part > 0 && part < 0.001 ? `<${percent.format(0.001)}` : percent.format(part);
}

/**
 * Returns the best unit for a duration.
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
 * Formats the time shown by a running clock, in seconds with one decimal place.
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
 * Returns a moment of a run in thousandths of a second, so that moments can be compared; an earlier
 * moment in a smaller unit.
 * @param {number} nanoseconds
 */
export function moment(nanoseconds) {
  if (nanoseconds < 1e6) return duration(nanoseconds);
  return thousandths.format(nanoseconds / 1e9) + SPACE + 's';
}

/** Returns a size in the units of the parameters and of the command line. @param {number} value */
export function bytes(value) {
  const powers = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  let rest = value;
  while (rest >= 1024 && power < powers.length - 1) {
    rest /= 1024;
    power += 1;
  }
  return short(rest) + SPACE + powers[power];
}

/** Returns a status as words: "exceeds credits" for `exceeds_credits`. @param {string} name */
export function words(name) {
  return name.replaceAll('_', ' ');
}
