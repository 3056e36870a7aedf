import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vite';

/** @import { Plugin } from 'vite' */

/** Without these two headers a browser gives a page no memory that its workers could share. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** What the built page may load and run: its own files, and WebAssembly compiled from them. */
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
 * The service worker as it is, beside the page and always under the same name: a browser knows it
 * by its address, and it answers for the folder that it lies in.
 * @returns {Plugin}
 */
function serviceWorker() {
  const file = new URL('www/sw.js', import.meta.url);
  return {
    name: 'service-worker',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: await readFile(file, 'utf8') });
    },
    configureServer(server) {
      server.middlewares.use('/sw.js', async (_, response) => {
        response.setHeader('Content-Type', 'text/javascript');
        response.end(await readFile(file, 'utf8'));
      });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [serviceWorker()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // The strict policy allows files only, and a file is cached where an inlined copy is not.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Rust's build directory holds thousands of files and some HTML, none of it part of the page.
  optimizeDeps: { entries: ['index.html'] },
  server: { host: '127.0.0.1', headers: isolation, watch: { ignored: ['**/target/**'] } },
  // The development server injects styles into the page, so only the built page gets the policy.
  preview: { host: '127.0.0.1', headers: { ...isolation, 'Content-Security-Policy': policy } },
});
