/**
 * Answers requests in a worker of its own beside the pool, so that they are answered while a run
 * goes on. Each comes by a port, from the service worker, and its answer goes back there.
 */
import * as ledger from '../generated/ledgerlab.js';

/** A body of which nobody wants more for so long is given up. */
const IDLE_LIMIT_MS = 60_000;

/**
 * Attends to one request and to its answer, until this is read or nobody wants it any more.
 * @param {number} service
 * @param {MessagePort} port
 * @param {(error: unknown) => string} explain tells others of an error, and answers its sentence
 * @param {(run: { run: number, workers: number }) => void} want called with a run that was asked for
 */
export function attend(service, port, explain, want) {
  let body = 0;
  let ended = false;
  const end = () => {
    ended = true;
    clearTimeout(idle);
    ledger.close_body(body);
    port.close();
  };
  const forget = () => {
    const why = `nobody wanted more of the answer for ${IDLE_LIMIT_MS / 1000} s`;
    port.postMessage({ kind: 'failed', why });
    end();
  };
  let idle = self.setTimeout(forget, IDLE_LIMIT_MS);
  /** @type {Record<string, (said: any) => Promise<void>>} */
  const heard = {
    async call({ method, url, headers, body: sent }) {
      const answer = await ledger.handle(service, method, url, headers, new Uint8Array(sent));
      body = answer.body;
      const wanted = ledger.wanted_run(service);
      if (wanted) want(wanted);
      // It may have been given up while it was made.
      if (ended) end();
      port.postMessage({ kind: 'head', status: answer.status, headers: answer.headers });
    },
    async more() {
      const piece = await ledger.next_piece(body);
      if (piece) {
        port.postMessage({ kind: 'piece', piece }, [piece.buffer]);
        return;
      }
      port.postMessage({ kind: 'end' });
      end();
    },
    async stop() {
      end();
    },
  };
  port.onmessage = async ({ data }) => {
    if (ended) return;
    clearTimeout(idle);
    idle = self.setTimeout(forget, IDLE_LIMIT_MS);
    try {
      await heard[data.kind](data);
    } catch (error) {
      port.postMessage({ kind: 'failed', why: explain(error) });
      end();
    }
  };
}
