/**
 * Builds the package from the modules and their glue: `node npm/build.mjs <bindings> <out>`, where
 * `<bindings>` has a folder of wasm-bindgen's output for each module. `cargo xtask package` calls it.
 *
 * It prints the size of each file, and fails if one exceeds its limit.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = new URL('./', import.meta.url);
// The build tools are installed with the tests.
const require = createRequire(new URL('test/', here));
const esbuild = require('esbuild');

const [bindings, out] = process.argv.slice(2).map((path) => pathToFileURL(path.replace(/\/?$/, '/')));
const dist = new URL('dist/', out);

/**
 * The modules: their folders, their files, and their size limits in bytes compressed by gzip. Those of the laboratory have the HTTP API and its
 * document, which the change feed and the answers of clusters have made larger.
 */
const MODULES = [
  { name: 'single', file: 'ledgerlab.wasm', most: 150_000 },
  { name: 'threaded', file: 'ledgerlab-threaded.wasm', most: 250_000 },
  { name: 'laboratory_single', file: 'laboratory.wasm', most: 505_000 },
  { name: 'laboratory_threaded', file: 'laboratory-threaded.wasm', most: 505_000 },
];
/** The size limit of the scripts of a page that uses only `Ledger`: its import and its worker. */
const GLUE_MOST = 15_000;
/** The size limit of the scripts that a page fetches in addition when its ledger is kept. */
const STORE_MOST = 7_500;

rmSync(out, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

// Without wasm-opt: it saves 1 % of the size, and its pass optimize-instructions (version 132) breaks
// threaded modules, which `npm/test/batch.test.mjs` detects.
for (const { name, file } of MODULES) cpSync(new URL(`${name}/ledgerlab_bg.wasm`, bindings), new URL(file, dist));

/** Returns the glue of a module as a function. Each call creates an instance with the given console and files of a store. */
async function glueOf({ name }) {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `export * from './ledgerlab.js';`,
      resolveDir: fileURLToPath(new URL(`${name}/`, bindings)),
    },
    bundle: true,
    format: 'iife',
    globalName: 'glue',
    target: 'es2022',
    write: false,
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return `export function ${name}(console, storeFiles) {\n${outputFiles[0].text}\nreturn glue;\n}`;
}
const glue = (await Promise.all(MODULES.map(glueOf))).join('\n');
/** Node's own classes, because jsdom has none. */
const UTIL = `import { TextDecoder, TextEncoder } from 'node:util';\n`;

/**
 * @param {string} format of the bundle, on which the way to find the package's folder depends
 * @param {string} platform
 */
const plugin = (format, platform) => ({
  name: 'glue',
  setup(build) {
    build.onResolve({ filter: /^\.\/glue\.js$/ }, () => ({ path: 'glue', namespace: 'glue', sideEffects: false }));
    build.onLoad({ filter: /.*/, namespace: 'glue' }, () => ({
      contents: `${platform === 'node' ? UTIL : ''}${glue}`,
      loader: 'js',
    }));
    // A page fetches this script only when it opens a store.
    build.onResolve({ filter: /^\.\/store\.browser\.js$/ }, () => ({ path: './store.js', external: true }));
    build.onResolve({ filter: /^\.\/package_folder\.js$/ }, () => ({
      path: fileURLToPath(new URL(`src/package_folder.${format}.js`, here)),
    }));
  },
});

const BUNDLES = [
  { entry: 'browser.js', file: 'browser.js', platform: 'browser' },
  { entry: 'sync.browser.js', file: 'sync.js', platform: 'browser' },
  { entry: 'worker.browser.js', file: 'worker.js', platform: 'browser' },
  { entry: 'laboratory_worker.browser.js', file: 'laboratory-worker.js', platform: 'browser' },
  { entry: 'store.browser.js', file: 'store.js', platform: 'browser' },
  { entry: 'store_worker.browser.js', file: 'store-worker.js', platform: 'browser' },
  { entry: 'node.js', file: 'node.js', platform: 'node' },
  { entry: 'node.js', file: 'node.cjs', platform: 'node', format: 'cjs' },
  { entry: 'worker.node.js', file: 'worker.node.js', platform: 'node' },
  { entry: 'laboratory_worker.node.js', file: 'laboratory-worker.node.js', platform: 'node' },
  { entry: 'store_worker.node.js', file: 'store-worker.node.js', platform: 'node' },
];
for (const { entry, file, platform, format = 'esm' } of BUNDLES) {
  await esbuild.build({
    entryPoints: [fileURLToPath(new URL(`src/${entry}`, here))],
    outfile: fileURLToPath(new URL(file, dist)),
    bundle: true,
    // Node's scripts stay readable in stack traces.
    minify: platform === 'browser',
    format,
    platform,
    target: platform === 'node' ? 'node20' : 'es2022',
    plugins: [plugin(format, platform)],
    logLevel: 'warning',
  });
}

for (const file of ['index.d.ts', 'index.d.cts']) cpSync(new URL('types/index.d.ts', here), new URL(file, dist));
for (const file of ['package.json', 'README.md']) cpSync(new URL(file, here), new URL(file, out));
for (const file of ['LICENSE-MIT', 'LICENSE-APACHE']) cpSync(new URL(`../${file}`, here), new URL(file, out));

const weigh = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
const rows = MODULES.map(({ file, most }) => ({ what: file, bytes: statSync(new URL(file, dist)).size, gzip: weigh(file), most }));
for (const { name, files, most } of [
  { name: 'glue', files: ['browser.js', 'worker.js'], most: GLUE_MOST },
  { name: 'store', files: ['store.js', 'store-worker.js'], most: STORE_MOST },
]) {
  rows.push({
    what: `${name} (${files.join(', ')})`,
    bytes: files.reduce((sum, file) => sum + statSync(new URL(file, dist)).size, 0),
    gzip: files.reduce((sum, file) => sum + weigh(file), 0),
    most,
  });
}
console.log(`${'file'.padEnd(32)}${'bytes'.padStart(10)}${'gzip'.padStart(10)}${'at most'.padStart(10)}`);
for (const { what, bytes, gzip, most } of rows) {
  console.log(`${what.padEnd(32)}${String(bytes).padStart(10)}${String(gzip).padStart(10)}${String(most).padStart(10)}`);
}
writeFileSync(new URL('../sizes.json', out), `${JSON.stringify(rows, null, 2)}\n`);
const heavy = rows.filter(({ gzip, most }) => gzip > most);
for (const { what, gzip, most } of heavy) console.error(`${what} has ${gzip} bytes by gzip; at most ${most} are allowed.`);
if (heavy.length > 0) process.exitCode = 1;
