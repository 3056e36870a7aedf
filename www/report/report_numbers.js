/**
 * Numbers of reports. In a report's JSON all numbers of 64 and 128 bits are strings of digits. The page
 * calculates with JavaScript numbers, and keeps the digits of those that would not be exact.
 */
/** @import { Report } from '../types.d.ts' */
import { DIGIT_FIELDS } from './digit_fields.js';

const DIGITS = /^(0|[1-9]\d*)$/;

/**
 * Returns a copy of a value in which the digits in these fields, and within them, are numbers.
 * @param {any} value
 * @param {Set<string>} [fields]
 * @param {boolean} [is_within]
 * @returns {any}
 */
export function withNumbers(value, fields = DIGIT_FIELDS, is_within = false) {
  if (typeof value === 'string') {
    const number = is_within && DIGITS.test(value) ? Number(value) : NaN;
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, fields, is_within));
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const entries = Object.entries(value).map(([name, field]) => {
    return [name, withNumbers(field, fields, is_within || fields.has(name))];
  });
  return Object.fromEntries(entries);
}

/** Returns a report in JSON, with all numbers but its version as digits. @param {Report} report */
export function reportJson(report) {
  /** @param {string} name @param {unknown} value */
  const digits = (name, value) => (typeof value === 'number' && name !== 'report' ? String(value) : value);
  return `${JSON.stringify(report, digits, 2)}\n`;
}
