/** Fault injection: breaks the page's workers in different ways. */
/** @import { Page } from 'playwright-core' */

const SCRIPT = '**/assets/worker-*.js';

/**
 * Inserts code before the script of every worker.
 * @param {string} code
 * @returns {(page: Page) => Promise<void>}
 */
export function changeWorker(code) {
  return async (page) => {
    // For the whole context, because a service worker may request it for the page.
    await page.context().route(SCRIPT, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${code}\n${await response.text()}` });
    });
  };
}

/** Restores the original workers. @param {Page} page */
export function mendWorker(page) {
  return page.context().unroute(SCRIPT);
}

/** Never answers the request for the worker script. @param {Page} page */
export function hangWorker(page) {
  return page.route(SCRIPT, () => new Promise(() => {}));
}

/** Answers the request for the worker script with 404. @param {Page} page */
export function loseWorker(page) {
  return page.route(SCRIPT, (route) => route.fulfill({ status: 404, body: 'not found' }));
}

/** Makes the page accept requests without answering them. @param {Page} page */
export function attendToNothing(page) {
  return page.addInitScript(() => {
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = /** @type {any} */ (
      /** @this {Worker} @param {any} message @param {any} transfer */
      function (message, transfer) {
        const handles = message.calls?.some((/** @type {any[]} */ [, name]) => name === 'handle');
        if (!handles) postMessage.call(this, message, transfer);
      }
    );
  });
}

/** A module with one function, `trap`, which traps like a panic of the core. */
const TRAP = '0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,8,1,4,116,114,97,112,0,0,10,5,1,3,0,0,11';

/**
 * Changes the exports of the module in every worker.
 * @param {string} code returns the changed `exports`; it may call `trap`
 */
function changeExports(code) {
  return changeWorker(`
    const { Instance } = WebAssembly;
    WebAssembly.Instance = function (module, imports) {
      const { exports } = new Instance(module, imports);
      const { trap } = new Instance(new WebAssembly.Module(new Uint8Array([${TRAP}]))).exports;
      return { exports: ((exports, trap) => { ${code} })(exports, trap) };
    };
  `);
}

/**
 * Changes the results of calls in every worker.
 * @param {string} code changes `value`, which a call has returned
 */
export function changeAnswers(code) {
  return changeWorker(`
    const post = self.postMessage.bind(self);
    self.postMessage = (message, moved) => {
      for (const answer of message.answers ?? []) ((value, answer) => { ${code} })(answer[1], answer);
      post(message, moved);
    };
  `);
}

/**
 * Traps at the first HTTP request: at once, or after an `await`.
 * @param {'now' | 'later'} when
 */
export function trapInAnswer(when) {
  return changeExports(`
    const handle = () => {
      if (${when === 'now'}) trap();
      queueMicrotask(trap);
      // As after a real trap, the promise is never settled.
      return new Promise(() => {});
    };
    return { ...exports, handle };
  `);
}

/** Traps instead of working, in every worker but the first. */
export const trapInWork = changeExports(`
  const work = (run, worker) => worker > 0 ? trap() : exports.work(run, worker);
  return { ...exports, work };
`);

/**
 * Makes every sample show two workers that wait for each other, and a third that waits for the first.
 * Real deadlocks are resolved after a tenth of a second.
 */
export const waitInCircle = changeAnswers(`
  if (value?.waiting) {
    value.waiting = [
      { worker: 1, holds: [1], wants: 2 },
      { worker: 2, holds: [2], wants: 1 },
      { worker: 3, holds: [3], wants: 1 },
    ];
  }
`);
