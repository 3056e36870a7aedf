/** Threads of Node that share one WebAssembly memory, with the package's pool and the page's module. */
import { nodeHost } from '../../npm/src/host.node.js';
import { executeRun } from '../../npm/src/run_executor.js';
import { WorkerPool } from '../../npm/src/worker_pool.js';
import { withNumbers } from '../../www/report/report_numbers.js';

const generated = new URL('../../www/generated/', import.meta.url);
const script = new URL('./worker.mjs', import.meta.url);

/** The limit for a pool to become ready. */
const READY_LIMIT_MS = 60_000;

export class Pool {
  #pool;

  /** @param {WorkerPool} pool @param {number} size */
  constructor(pool, size) {
    this.#pool = pool;
    this.size = size;
  }

  /** @param {number} size */
  static async start(size) {
    const host = nodeHost(() => generated);
    const module = await host.compile('ledgerlab_bg.wasm');
    const pool = await new WorkerPool(host.spawn('', script), size).start(module, true, READY_LIMIT_MS);
    if (!(pool.memory.buffer instanceof SharedArrayBuffer)) throw new Error('its memory is not shared');
    return new Pool(pool, size);
  }

  /** Calls an export of the module in one thread. */
  ask(thread, call, ...parameters) {
    return this.#pool.ask(thread, call, parameters);
  }

  /** Runs a scenario with one worker per thread. The default preset is the scenario's first. */
  async run(scenario, parameters, preset) {
    const environment = { host: 'node', workers_available: this.size };
    const { run } = await this.ask(0, 'prepare', { scenario, preset, parameters, environment });
    await executeRun(this.#pool, run, this.size, () => {});
    return withNumbers(await this.ask(0, 'finish', run));
  }

  end() {
    this.#pool.end();
  }
}
