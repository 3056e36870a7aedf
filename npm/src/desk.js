/** What every worker of a pool does: it starts the module, and then does lists of calls in order. */
import { Core } from './core.js';
import { LedgerBrokenError, packed } from './errors.js';

/**
 * @param {{ single: (console: object) => any, threaded: (console: object) => any }} glues
 * @param {(message: any, transfer?: any[]) => void} post
 * @returns {(message: any) => Promise<void>} what is to be done with each message
 */
export function desk(glues, post) {
  /** @type {Core} */
  let core;
  const progress = (/** @type {string} */ text) => post({ progress: text });

  /** @param {[number, string, any[]]} call @param {any[]} moved */
  async function one([number, name, parameters], moved) {
    try {
      const telling = name === 'work_telling' ? [...parameters, progress] : parameters;
      const value = await core.call(name, ...telling);
      if (value instanceof Uint8Array) moved.push(value.buffer);
      return [number, value, null];
    } catch (error) {
      return [number, undefined, packed(error), error instanceof LedgerBrokenError];
    }
  }

  return async ({ start, calls }) => {
    if (start) {
      try {
        const { module, memory, shared } = start;
        core = new Core({ glue: shared ? glues.threaded : glues.single, module, memory, shared });
        post({ started: true, memory: shared ? core.memory : undefined });
      } catch (error) {
        post({ failed: String(/** @type {any} */ (error)?.message ?? error) });
      }
      return;
    }
    const moved = /** @type {any[]} */ ([]);
    const answers = [];
    for (const call of calls) answers.push(await one(call, moved));
    post({ answers }, moved);
  };
}
