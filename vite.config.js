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
 * Emits the service worker unchanged next to the page, always under the same name: browsers identify
 * it by its address, and its scope is its folder.
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
