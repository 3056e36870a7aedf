/** The folder of the stored ledger in the browser's storage, and the record of the run that wrote it. */
/** @import { LedgerOrigin, StoredLedgerState } from '../../types.d.ts' */
import { LEDGER_FOLDER } from '../../engine/durable_run.js';
import { readSetting, writeSetting } from '../../lib/settings.js';

/** @type {StoredLedgerState} */
export const NO_STORED_LEDGER = { unsupported: '', is_on: false, ledger: null, status_text: '', error_text: '' };

/** Every ledger has this file. */
export const HEAD = 'ledger.head';
/** The file of an archive that has the record. */
export const RECORD = 'run.json';

const SETTING = 'stored_ledger';
const RECORD_BYTES_MAX = 64 * 1024;
const TITLE_LENGTH_MAX = 100;

/** Returns why this browser cannot store ledgers; empty if it can. */
export async function unsupportedReason() {
  const { locks, storage } = navigator;
  if (!locks || typeof storage?.getDirectory !== 'function') {
    return 'This browser has no private file system for pages, so it cannot store ledgers.';
  }
  try {
    await storage.getDirectory();
    return '';
  } catch {
    return 'This browser does not let the page store files, for example in a private window, so it cannot store ledgers.';
  }
}

/** Returns the folder that has that of the stored ledger. */
async function parentFolder() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle('ledgerlab');
}

/** Returns the files of the stored ledger; null if there is none. @returns {Promise<Map<string, Blob> | null>} */
export async function storedFiles() {
  /** @type {Map<string, Blob>} */
  const files = new Map();
  try {
    const folder = await (await parentFolder()).getDirectoryHandle(LEDGER_FOLDER);
    for await (const handle of /** @type {any} */ (folder).values()) {
      const file = await handle.getFile();
      // The next log files are there ahead, and empty.
      if (file.size > 0) files.set(handle.name, file);
    }
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'NotFoundError') return null;
    throw error;
  }
  return files.has(HEAD) ? files : null;
}

export async function deleteStoredFiles() {
  await (await parentFolder()).removeEntry(LEDGER_FOLDER, { recursive: true });
  writeSetting(SETTING, null);
}

/** Whether a tab, this one or another, is writing the stored ledger. */
export async function isBeingWritten() {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === `ledgerlab:${LEDGER_FOLDER}`);
}

/** @param {LedgerOrigin} record */
export function writeRecord(record) {
  writeSetting(SETTING, JSON.stringify(record));
}

/** Returns the record of the run whose ledger is stored. */
export function readRecord() {
  return parseRecord(readSetting(SETTING) ?? '');
}

/** Calls a function when another tab has changed the record. @param {() => void} changed */
export function onRecordChange(changed) {
  addEventListener('storage', ({ key }) => {
    if (key === SETTING || key === null) changed();
  });
}

/** Returns the record in an archive. @param {Map<string, Blob>} files */
export async function recordIn(files) {
  const blob = files.get(RECORD);
  return blob && blob.size <= RECORD_BYTES_MAX ? parseRecord(await blob.text()) : null;
}

/** Reads a record, which anything can have written. @param {string} text @returns {LedgerOrigin | null} */
function parseRecord(text) {
  try {
    const { title, request, began_at_ms, trail_hash } = JSON.parse(text);
    const is_valid = typeof title === 'string' && typeof request?.scenario === 'string' && Number.isFinite(began_at_ms);
    if (!is_valid) return null;
    const hash = typeof trail_hash === 'string' ? trail_hash : null;
    return { title: title.slice(0, TITLE_LENGTH_MAX), request, began_at_ms, trail_hash: hash };
  } catch {
    return null;
  }
}
