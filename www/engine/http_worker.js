/**
 * A worker beside the pool that answers HTTP requests during a run. Each request comes from the service
 * worker through a port, and its response goes back there chunk by chunk.
 */
/** @import { WorkerPool } from '../../npm/src/worker_pool.js' */
import { executeHttpRun } from '../../npm/src/run_executor.js';
import { workerError } from './worker_errors.js';

/** A response that is not read for this long is closed. */
const IDLE_LIMIT_MS = 60_000;

/** The status of the response to a request that has started a run. */
const ACCEPTED = 202;

/**
 * Calls back with the pool that executes a requested run.
 * @typedef {(execute: (pool: WorkerPool) => Promise<void>) => Promise<void>} WithWorkers
 */

export class HttpWorker {
  #pool;
  #service;
  #withWorkers;

  /**
   * @param {WorkerPool} pool of one worker
   * @param {number} service
   * @param {WithWorkers} withWorkers
   */
  constructor(pool, service, withWorkers) {
    this.#pool = pool;
    this.#service = service;
    this.#withWorkers = withWorkers;
  }

  /**
   * Opens a service in the worker.
   * @param {WorkerPool} pool of one worker
   * @param {object} environment of the runs that are requested
   * @param {WithWorkers} withWorkers
   */
  static async open(pool, environment, withWorkers) {
    const service = await pool.ask(0, 'open_service', [{}]);
    await pool.ask(0, 'enable_runs', [service, environment]);
    return new HttpWorker(pool, service, withWorkers);
  }

  /** @param {string} name @param {any[]} parameters @param {Transferable[]} [moved] */
  #call(name, parameters, moved) {
    return this.#pool.ask(0, name, parameters, { moved });
  }

  /** Serves one request until its response is read or aborted. @param {MessagePort} port */
  serveRequest(port) {
    let body = 0;
    let ended = false;
    const end = () => {
      ended = true;
      clearTimeout(idle);
      // A service that has ended has closed all its bodies.
      if (body) this.#call('close_body', [body]).catch(() => {});
      port.close();
    };
    /** @param {string} why */
    const fail = (why) => {
      port.postMessage({ kind: 'failed', why });
      end();
    };
    const late = () => fail(`the response was not read for ${IDLE_LIMIT_MS / 1000} s`);
    let idle = setTimeout(late, IDLE_LIMIT_MS);
    /** @type {Record<string, (message: any) => Promise<void>>} */
    const received = {
      call: async ({ method, url, headers, body: bytes }) => {
        const parameters = [this.#service, method, url, headers, new Uint8Array(bytes)];
        const head = await this.#call('handle', parameters, [bytes]);
        body = head.body;
        if (head.status === ACCEPTED) this.#executeRun();
        // The request may have been aborted meanwhile.
        if (ended) end();
        else port.postMessage({ kind: 'head', status: head.status, headers: head.headers });
      },
      more: async () => {
        const chunk = await this.#call('next_chunk', [body]);
        if (chunk) port.postMessage({ kind: 'chunk', chunk }, [chunk.buffer]);
        else {
          port.postMessage({ kind: 'end' });
          end();
        }
      },
      stop: async () => end(),
    };
    port.onmessage = async ({ data }) => {
      if (ended) return;
      clearTimeout(idle);
      idle = setTimeout(late, IDLE_LIMIT_MS);
      try {
        await received[data.kind](data);
      } catch (error) {
        if (!ended) fail(/** @type {Error} */ (workerError(error)).message);
      }
    };
  }

  #executeRun() {
    const call = (/** @type {string} */ name, /** @type {any[]} */ parameters) => this.#call(name, parameters);
    return executeHttpRun(this.#service, call, this.#withWorkers);
  }
}
