/** Hands something to the browser to be saved as a file. */
/** @import { Report } from '../types.d.ts' */
import { element } from './dom.js';

/** The browser has taken a blob over once the click has been dealt with. */
const TAKEN_MS = 60_000;

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function saveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  element('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), TAKEN_MS);
}

/**
 * What the files of a run are called, without their ending.
 * @param {Report} report
 */
export function fileName({ scenario, parameters }) {
  return `ledgerlab-${scenario}-${parameters.seed}`;
}
