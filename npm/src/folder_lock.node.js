/**
 * The lock of a folder for one process.
 *
 * A native process locks the file `ledger.lock` with flock, which Node cannot. So a process of Node creates the file
 * `ledger.pid` with its number, which native processes heed too, and removes it when the ledger is closed. A file whose
 * process has ended is stale, and is replaced. On Linux the locks of native processes are read from `/proc/locks`; elsewhere
 * the number in `ledger.lock` counts while its process runs.
 *
 * Processes in other containers or on other machines are not recognised.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { LedgerStartError } from './errors.js';

const OWN = 'ledger.pid';
const NATIVE = 'ledger.lock';

/** How the names of files that are no part of a store begin. */
export const LOCKS = [OWN, NATIVE];

/** How often a lock is tried that others take and release meanwhile. */
const ATTEMPTS = 10;

/** Returns what a function returns, or null if the system refuses. @template T @param {() => T} act */
function optional(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

/** Returns the text of a file, or null. @param {string} file */
const textOf = (file) => optional(() => readFileSync(file, 'latin1'));

/**
 * Returns when a process began, in ticks since the machine did. A number is used again, most of all in containers; with
 * this time it is not. Empty where the system does not say.
 * @param {number} pid
 */
function beginOf(pid) {
  const stat = textOf(`/proc/${pid}/stat`) ?? '';
  // The second field is the program's name in parentheses, which can contain spaces.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (/** @type {any} */ error) {
    return error.code === 'EPERM';
  }
}

/** Returns the process that has written a lock, or null if it has ended. @param {string} text its number and its begin */
function ownerOf(text) {
  const [digits, begin = ''] = text.trim().split(' ');
  const pid = Number(digits);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isRunning(pid)) return null;
  const now = beginOf(pid);
  return begin && now && begin !== now ? null : pid;
}

/** Returns the native process that has the folder open, or null. @param {string} folder */
function nativeOwner(folder) {
  const file = join(folder, NATIVE);
  const stat = optional(() => statSync(file));
  if (!stat) return null;
  const locks = textOf('/proc/locks');
  if (locks === null) return ownerOf(textOf(file) ?? '');
  const lock = locks.split('\n').find((line) => line.includes(' FLOCK ') && line.includes(`:${stat.ino} `));
  return lock ? Number(lock.trim().split(/\s+/)[4]) : null;
}

/** @param {number} pid */
function inUse(pid) {
  const who = pid === process.pid ? 'this process' : `process ${pid}`;
  const message = `${who} has it open; a store has one process at a time. Close the ledger there, or name another folder.`;
  return new LedgerStartError(message, { code: 'store_in_use', field: 'path' });
}

/** Takes a stale lock away, unless another process has replaced it meanwhile. @param {string} file @param {string} stale its text */
function takeAway(file, stale) {
  const aside = `${file}.${process.pid}`;
  // Only one process can rename a file.
  if (optional(() => renameSync(file, aside) ?? true) === null) return;
  if (textOf(aside) !== stale) optional(() => linkSync(aside, file));
  unlinkSync(aside);
}

/**
 * Locks a folder, and creates it if there is none. Returns a function that unlocks it.
 * @param {string} folder
 */
export function lockFolder(folder) {
  mkdirSync(folder, { recursive: true });
  const [file, draft] = [join(folder, OWN), join(folder, `${OWN}.${process.pid}`)];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Linked when it is complete, so that nobody reads a part of it.
    writeFileSync(draft, `${process.pid} ${beginOf(process.pid)}`, { mode: 0o600 });
    const isCreated = optional(() => linkSync(draft, file) ?? true);
    unlinkSync(draft);
    if (isCreated) {
      const owner = nativeOwner(folder);
      if (owner === null) return () => void optional(() => unlinkSync(file));
      unlinkSync(file);
      throw inUse(owner);
    }
    const text = textOf(file);
    if (text === null) continue;
    const owner = ownerOf(text);
    if (owner !== null) throw inUse(owner);
    takeAway(file, text);
  }
  const message = 'other processes are opening and closing it; a store has one process at a time. Try again.';
  throw new LedgerStartError(message, { code: 'store_in_use', field: 'path' });
}
