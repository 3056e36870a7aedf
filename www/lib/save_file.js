/** Saves files through the browser. */
/** @import { Report } from '../types.d.ts' */
import { element } from './dom.js';

/** By this time the browser has read the blob. */
const RELEASE_MS = 60_000;

/** @param {Blob} blob @param {string} name */
export function saveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  element('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), RELEASE_MS);
}

/** Returns the name of a run's files, without extension. @param {Report} report */
export function fileName({ scenario, parameters }) {
  return `ledgerlab-${scenario}-${parameters.seed}`;
}
