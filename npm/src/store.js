/**
 * The store of a ledger, as the calling thread sees it. One worker owns the files and commits until the ledger is closed; it
 * shares the memory of the workers that execute the calls.
 */

/** The script of that worker. */
export const STORE_WORKER = 'store-worker.js';

/**
 * @typedef {object} StoreHost
 * @property {'path' | 'opfs'} option the option that names a store here
 * @property {string} elsewhere what to do about the other one
 * @property {string} sharing how workers share memory here
 * @property {(where: string) => string | null} check returns what is wrong with a name
 * @property {(where: string) => () => void} lock locks a store, if its worker does not, and returns what unlocks it
 */

/**
 * @typedef {object} Opening
 * @property {{ path?: string, opfs?: string, durable: boolean }} store
 * @property {{ laboratory: boolean, shared: boolean, size: number }} kind of the ledger's module, and its workers
 * @property {import('./worker_pool.js').WorkerPool} pool that of the ledger
 * @property {(worker: string) => Promise<import('./worker_pool.js').WorkerPool>} start starts a worker in the ledger's memory
 * @property {string} body the core's options
 * @property {AbortSignal} [signal]
 * @property {typeof import('./errors.js').LedgerStartError} StartError the class, because this code can have a copy of its own
 */

/**
 * Returns the function that opens the store of a ledger, and then the ledger.
 * @param {StoreHost} host
 */
export const storeOpener = (host) => async (/** @type {Opening} */ { store, kind, pool, start, body, signal, StartError }) => {
  const { option } = host;
  const where = /** @type {string} */ (store[option]);
  /** @param {string} message @param {string} code @param {unknown} [cause] */
  const failed = (message, code, cause) => new StartError(message, { code, field: option, cause });
  if (where === undefined) throw failed(host.elsewhere, 'no_store');
  if (kind.laboratory) throw failed('A ledger with `http: true` is not stored. Open it without.', 'no_store');
  if (!kind.shared) throw failed(`A ledger is stored only with workers that share memory. ${host.sharing}`, 'no_store');
  const wrong = host.check(where);
  if (wrong) throw failed(`${option} must be ${wrong}.`, 'bad_argument');

  let unlock = () => {};
  /** @type {import('./worker_pool.js').WorkerPool | undefined} */
  let owner;
  const release = async () => {
    await owner?.end();
    unlock();
  };
  try {
    unlock = host.lock(where);
    owner = await start(STORE_WORKER);
    await owner.ask(0, 'open_store', [where, body]);
    const ended = owner.ask(0, 'commit');
    // An idle ledger does not keep the process alive.
    owner.hold(false);
    // Without the worker that owns the files, the others would wait for ever.
    ended.catch((error) => {
      if (error.name === 'LedgerBrokenError') void pool.end(error);
    });
    const opened = JSON.parse(await pool.call('call_ledger', [0, 'open_stored', body], { signal }));
    signal?.throwIfAborted();
    pool.onEnd = release;
    if (store.durable) pool.stored = opened.ledger;
    /** @type {Promise<void> | undefined} */
    let closing;
    const closeStore = () => (closing ??= close(/** @type {any} */ (owner), pool, kind.size, opened.ledger, ended));
    return { ...opened, closeStore };
  } catch (/** @type {any} */ error) {
    await release();
    if (signal?.aborted) throw signal.reason;
    if (error.name === 'LedgerBrokenError' || error.code === 'out_of_range') throw error;
    const reason = error.message.replace(/^[A-Z](?=[a-z ])/, (/** @type {string} */ letter) => letter.toLowerCase());
    const sentence = /[.!?]$/.test(reason) ? reason : `${reason}.`;
    throw failed(`The ledger in ${JSON.stringify(where)} cannot be opened: ${sentence}`, codeOf(error), error);
  }
};

/** Returns the code of an error at the opening. Those of the system are in capitals or numbers. @param {any} error */
function codeOf({ code, name }) {
  if (code === 'ENOSPC' || name === 'QuotaExceededError') return 'store_no_space';
  return typeof code === 'string' && !/[A-Z]/.test(code) ? code : 'store_failed';
}

/**
 * Completes the calls that were made before, writes what is left and frees the files.
 * @param {import('./worker_pool.js').WorkerPool} owner
 * @param {import('./worker_pool.js').WorkerPool} pool
 * @param {number} workers of the pool
 * @param {number} ledger
 * @param {Promise<void>} ended
 */
async function close(owner, pool, workers, ledger, ended) {
  // What the disk has no space for may find some until the end, which says it.
  const unlessUnknown = (/** @type {any} */ error) => {
    if (error.code !== 'outcome_unknown') throw error;
  };
  // All earlier calls were sent when this one was, and are answered before those that follow in each worker.
  await pool.call('call_ledger', [ledger, 'sync', '']).catch(unlessUnknown);
  const last = Array.from({ length: workers }, (_, place) => pool.ask(place, 'call_ledger', [ledger, 'sync', '']));
  await Promise.all(last.map((call) => call.catch(unlessUnknown)));
  await pool.call('call_ledger', [ledger, 'close_store', '']).catch(unlessUnknown);
  owner.hold(true);
  try {
    await ended;
  } finally {
    await owner.ask(0, 'release');
  }
}
