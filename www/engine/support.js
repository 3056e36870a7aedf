/** What the page needs of the browser and of the server, looked for before anything is started. */
/** @import { Explanation } from '../types.d.ts' */

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** @returns {Promise<Explanation | null>} */
export async function missingSupport() {
  const missing = missingFeature();
  if (missing) {
    return {
      what: 'This browser cannot run the laboratory.',
      why: `It has no ${missing}, which worker threads that share one memory need.`,
      next: 'Open the page in a current Chrome, Edge, Firefox or Safari.',
    };
  }
  if (!self.isSecureContext) {
    return {
      what: 'This page was not served securely.',
      why: 'Browsers share memory between workers only on https addresses and on localhost.',
      next: 'Open the page over https, or from this machine as http://localhost.',
    };
  }
  return self.crossOriginIsolated ? null : missingIsolation();
}

async function missingIsolation() {
  const headers = await missingHeaders();
  if (headers.length === 0) {
    return {
      what: 'This page is not isolated, although it was served with what isolates it.',
      why: 'A page that is embedded in another is isolated only where that one is.',
      next: 'Open the page in a tab of its own.',
    };
  }
  const they = headers.length === 1 ? 'a header' : 'two headers';
  return {
    what: `The page was served without ${they} that shared memory needs.`,
    why: `Missing: ${headers.join(' and ')}.`,
    next: 'Have the server send what is missing, or serve the page with “cargo xtask dashboard”.',
  };
}

/** @returns {string | null} */
function missingFeature() {
  if (typeof WebAssembly !== 'object') return 'WebAssembly';
  if (self.crossOriginIsolated === undefined) return 'cross-origin isolation';
  if (!hasModuleWorkers()) return 'module workers';
  // Without isolation these two may be hidden, and then the headers are the reason.
  if (!self.crossOriginIsolated) return null;
  if (typeof SharedArrayBuffer !== 'function') return 'SharedArrayBuffer';
  return hasThreads() ? null : 'WebAssembly threads';
}

function hasThreads() {
  try {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
  } catch {
    return false;
  }
}

/** A browser that knows module workers reads `type` before it finds that the address is none. */
function hasModuleWorkers() {
  let known = false;
  const options = {
    /** @returns {'module'} */
    get type() {
      known = true;
      return 'module';
    },
  };
  try {
    new Worker('https://[', options).terminate();
  } catch {
    // The address is wrong on purpose: no worker is to be started.
  }
  return known;
}

/** The page asks for itself once more to see which of the two headers it is that does not come. */
async function missingHeaders() {
  const wanted = Object.entries(HEADERS);
  const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).catch(
    () => null,
  );
  return wanted
    .filter(([name, value]) => answer?.headers.get(name) !== value)
    .map(([name, value]) => `${name}: ${value}`);
}

/** The kind of browser, as a report names its host. */
export function hostName() {
  const agent = navigator.userAgent;
  if (/Firefox\//.test(agent)) return 'firefox';
  if (/Chrom(e|ium)\//.test(agent)) return 'chromium';
  if (/Safari\//.test(agent)) return 'safari';
  return 'browser';
}
