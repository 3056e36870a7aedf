import { defineConfig } from 'vite';

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

export default defineConfig({
  base: './',
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
