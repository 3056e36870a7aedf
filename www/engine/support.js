/** Checks that the browser and the server support the page, before anything is started. */
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
      why: `It lacks ${missing}, which threads with shared memory need.`,
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
      what: 'This page is not isolated, although it was served with the necessary headers.',
      why: 'An embedded page is isolated only if the page around it is.',
      next: 'Open the page in a separate tab.',
    };
  }
  const they = headers.length === 1 ? 'a header' : 'two headers';
  return {
    what: `The page was served without ${they} that shared memory needs.`,
    why: `Missing: ${headers.join(' and ')}.`,
    next: 'Configure the server to send them, or serve the page with “cargo xtask dashboard”.',
  };
}

/** @returns {string | null} */
function missingFeature() {
  if (typeof WebAssembly !== 'object') return 'WebAssembly';
  if (self.crossOriginIsolated === undefined) return 'cross-origin isolation';
  if (!hasModuleWorkers()) return 'module workers';
  // Without isolation the browser may hide the next two, so the headers are checked first.
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

/** A browser with module workers reads the option `type` before it rejects the address. */
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
    // The address is invalid on purpose, so that no worker is started.
  }
  return known;
}

/** Returns the headers that the server does not send with the page. */
async function missingHeaders() {
  const response = await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  return Object.entries(HEADERS)
    .filter(([name, value]) => response?.headers.get(name) !== value)
    .map(([name, value]) => `${name}: ${value}`);
}

/** Returns the kind of browser, which a report names as its host. */
export function hostName() {
  const agent = navigator.userAgent;
  if (/Firefox\//.test(agent)) return 'firefox';
  if (/Chrom(e|ium)\//.test(agent)) return 'chromium';
  if (/Safari\//.test(agent)) return 'safari';
  return 'browser';
}
