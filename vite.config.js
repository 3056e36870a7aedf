import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vite';

/** @import { Plugin } from 'vite' */

/** Browsers require these two headers for memory that workers share. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The content security policy of the built page: its own files, and WebAssembly compiled from them. */
export const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The files that are emitted unchanged next to the page, always under the same name: browsers identify the
 * service worker by its address, and its scope is its folder; the startup script explains why the others failed.
 */
const UNCHANGED = ['sw.js', 'startup.js'];

/** @returns {Plugin} */
function unchangedFiles() {
  /** @param {string} name */
  const read = (name) => readFile(new URL(`www/${name}`, import.meta.url), 'utf8');
  return {
    name: 'unchanged-files',
    async generateBundle() {
      for (const fileName of UNCHANGED) {
        this.emitFile({ type: 'asset', fileName, source: await read(fileName) });
      }
    },
    configureServer({ middlewares }) {
      for (const name of UNCHANGED) {
        middlewares.use(`/${name}`, async (_, response) => {
          response.setHeader('Content-Type', 'text/javascript');
          response.end(await read(name));
        });
      }
    },
  };
}

/**
 * Sends headers with every response, also with 304 and errors: WebKit blocks the script of a worker that it has
 * revalidated unless the answer isolates it.
 * @param {Record<string, string>} headers
 * @returns {Plugin}
 */
export function headersOnEveryResponse(headers) {
  /** @param {{ middlewares: import('vite').Connect.Server }} server */
  const configure = ({ middlewares }) => {
    middlewares.use((_, response, next) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      next();
    });
  };
  return { name: 'headers-on-every-response', configureServer: configure, configurePreviewServer: configure };
}

export default defineConfig({
  base: './',
  plugins: [headersOnEveryResponse(isolation), unchangedFiles()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // The policy allows files only, and files are cached.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Rust's build directory has thousands of files, none of them part of the page.
  optimizeDeps: { entries: ['index.html'] },
  server: { host: '127.0.0.1', headers: isolation, watch: { ignored: ['**/target/**'] } },
  // The development server injects styles, so only the built page has the policy.
  preview: { host: '127.0.0.1', headers: { ...isolation, 'Content-Security-Policy': policy } },
});
