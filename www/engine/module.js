/** Fetches and compiles the ledger. The window goes no further: workers execute it. */
import { UserError, asSentence } from '../lib/user_error.js';

const FETCH_LIMIT_MS = 9_000;
const address = new URL('../generated/ledgerlab_bg.wasm', import.meta.url);

/** @returns {Promise<WebAssembly.Module>} */
export async function compile() {
  const file = address.pathname.split('/').at(-1);
  const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) }).catch(
    (error) => {
      const late = error.name === 'TimeoutError';
      throw notLoaded(
        late
          ? `${file} did not arrive within ${FETCH_LIMIT_MS / 1000} seconds.`
          : `${file} could not be fetched: ${asSentence(error.message)}`,
      );
    },
  );
  if (!response.ok) {
    throw notLoaded(`The server answered ${response.status} for ${file}.`);
  }
  const type = response.headers.get('Content-Type') ?? 'no type at all';
  if (!type.startsWith('application/wasm')) {
    throw notLoaded(
      `${file} was served as ${type}; a browser compiles it only as application/wasm.`,
    );
  }
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (error) {
    throw notLoaded(
      `It was refused by the browser: ${asSentence(/** @type {Error} */ (error).message)}`,
    );
  }
}

/** @param {string} why */
function notLoaded(why) {
  return new UserError({
    what: 'The ledger could not be loaded.',
    why,
    next: 'Build the page anew with “cargo xtask build”, check how it is served, and try again.',
  });
}
