/** Ways to break the page's workers on purpose, so that what it says then can be looked at. */
/** @import { Page } from 'playwright-core' */

const SCRIPT = '**/assets/worker-*.js';

/**
 * Puts code before the script of every worker.
 * @param {string} code
 * @returns {(page: Page) => Promise<void>}
 */
export function changeWorker(code) {
  return async (page) => {
    // Of the whole context, as a service worker may ask for it in place of the page.
    await page.context().route(SCRIPT, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${code}\n${await response.text()}` });
    });
  };
}

/** Lets workers start whole again. @param {Page} page */
export function mendWorker(page) {
  return page.context().unroute(SCRIPT);
}

/** A worker script that never arrives. @param {Page} page */
export function hangWorker(page) {
  return page.route(SCRIPT, () => new Promise(() => {}));
}

/** A worker script that is not there. @param {Page} page */
export function loseWorker(page) {
  return page.route(SCRIPT, (route) => route.fulfill({ status: 404, body: 'not found' }));
}

/** A page that takes calls and lets nobody attend to them. @param {Page} page */
export function attendToNothing(page) {
  return page.addInitScript(() => {
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = /** @type {any} */ (
      /** @this {Worker} @param {any} message @param {any} transfer */
      function (message, transfer) {
        if (message.call !== 'attend') postMessage.call(this, message, transfer);
      }
    );
  });
}

/** A module with one function, `trap`, that does what a panic in the core does. */
const TRAP = '0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,8,1,4,116,114,97,112,0,0,10,5,1,3,0,0,11';

/**
 * In whichever worker answers requests, a real trap at the first one: at once, or past a wait.
 * @param {'now' | 'later'} when
 */
export function trapInAnswer(when) {
  return changeWorker(`
    const instantiate = WebAssembly.instantiate;
    WebAssembly.instantiate = async (module, imports) => {
      const { exports } = await instantiate(module, imports);
      const { instance } = await instantiate(new Uint8Array([${TRAP}]));
      const handle = () => {
        if (${when === 'now'}) instance.exports.trap();
        queueMicrotask(() => instance.exports.trap());
        // As after a real one, nobody is left to settle it.
        return new Promise(() => {});
      };
      return { instance: { exports: { ...exports, handle } }, module };
    };
  `);
}

/** In every worker but the first, a real trap in place of the work. */
export const trapInWork = changeWorker(`
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (module, imports) => {
    const { exports } = await instantiate(module, imports);
    const { instance } = await instantiate(new Uint8Array([${TRAP}]));
    const work = (run, worker) => worker > 0 ? instance.exports.trap() : exports.work(run, worker);
    return { instance: { exports: { ...exports, work } }, module };
  };
`);

/**
 * Every look finds two workers that wait for each other, and a third one that waits for the first:
 * a look that comes in the middle of a deadlock, which is over after a tenth of a second.
 */
export const waitInCircle = changeWorker(`
  const post = self.postMessage.bind(self);
  self.postMessage = (message) => {
    if (message.value?.waiting) {
      message.value.waiting = [
        { worker: 1, holds: [1], wants: 2 },
        { worker: 2, holds: [2], wants: 1 },
        { worker: 3, holds: [3], wants: 1 },
      ];
    }
    post(message);
  };
`);
