/** Executes runs of scenarios in the workers of a pool. */

/** @typedef {import('./worker_pool.js').WorkerPool} WorkerPool */

/** The interval of progress events over HTTP. */
const PROGRESS_INTERVAL_MS = 200;

/**
 * Executes a prepared run, a share in each worker, and waits for all of them. If some fail, it throws the
 * error of the first one: the first worker opens the accounts, so its error explains the others.
 * @param {WorkerPool} pool
 * @param {number} run
 * @param {number} workers
 * @param {(error: unknown) => void} stop called when a share fails; stops the other workers
 * @param {(json: string) => void} [progress]
 */
export async function executeRun(pool, run, workers, stop, progress) {
  const shares = Array.from({ length: workers }, (_, worker) =>
    progress && worker === 0
      ? pool.ask(worker, 'work_with_progress', [run, worker], { progress })
      : pool.ask(worker, 'work', [run, worker]),
  );
  for (const share of shares) share.catch(stop);
  const ends = await Promise.allSettled(shares);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/**
 * Executes the run that was requested from a service, if there is one, and reports its end.
 * @param {number} service
 * @param {(name: string, parameters: any[]) => Promise<any>} call calls an export in the service's memory
 * @param {(execute: (pool: WorkerPool) => Promise<void>) => Promise<void>} withWorkers provides a pool for the run
 */
export async function executeHttpRun(service, call, withWorkers) {
  // A service that was closed receives no reports.
  const report = (/** @type {string} */ name, /** @type {any[]} */ ...parameters) => call(name, parameters).catch(() => null);
  const requested = await report('next_requested_run', service);
  if (!requested) return;
  const { run, workers } = requested;
  const fail = (/** @type {any} */ error) => report('fail_run', run, String(error?.message ?? error));
  const timer = setInterval(() => report('publish_progress', run), PROGRESS_INTERVAL_MS);
  try {
    await withWorkers(async (pool) => {
      await executeRun(pool, run, workers, fail);
      await pool.ask(0, 'end_run', [run]);
    });
  } catch (error) {
    await fail(error);
  } finally {
    clearInterval(timer);
  }
}
