/** Projects that install the package from its tarball, each in its own folder. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const root = new URL('../../', import.meta.url);
export const built = new URL('target/npm/', root);
const consumers = new URL('consumers/', built);
/** The tools installed with the tests: bundlers, compilers, and a browser driver. */
export const tools = new URL('node_modules/', import.meta.url);

const LIMIT_MS = 120_000;

/** Returns the tarball of `npm pack`. */
export async function tarball() {
  const names = (await readdir(built)).filter((name) => /^ledgerlab-.*\.tgz$/.test(name));
  if (names.length !== 1) throw new Error(`target/npm must hold one tarball, not ${names.length}; \`cargo xtask package\` makes it.`);
  return fileURLToPath(new URL(names[0], built));
}

/**
 * Creates a project and installs the package into it.
 * @param {string} name
 * @param {Record<string, string>} files
 * @param {object} [manifest]
 */
export async function consumer(name, files, manifest = {}) {
  const folder = new URL(`${name}/`, consumers);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const about = { name: `consumer-${name}`, version: '1.0.0', private: true, ...manifest };
  await writeFile(new URL('package.json', folder), JSON.stringify(about));
  const words = ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', await tarball()];
  await run('npm', words, { cwd: fileURLToPath(folder), timeout: LIMIT_MS });
  for (const [file, text] of Object.entries(files)) await write(new URL(file, folder), text);
  return folder;
}

/** @param {URL} file @param {string} text */
async function write(file, text) {
  await mkdir(new URL('./', file), { recursive: true });
  await writeFile(file, text);
}

/**
 * Runs a program in a project and returns its output.
 * @param {URL} folder
 * @param {string} program
 * @param {string[]} words
 */
export async function print(folder, program, ...words) {
  const options = { cwd: fileURLToPath(folder), timeout: LIMIT_MS, maxBuffer: 1 << 26 };
  try {
    return (await run(program, words, options)).stdout;
  } catch (error) {
    const printed = `${error.stdout}${error.stderr}`;
    throw new Error(`${program} ${words.join(' ')} has failed:\n${printed.slice(-2000)}`);
  }
}

/** Runs node in a project. @param {URL} folder @param {...string} words */
export const node = (folder, ...words) => print(folder, process.execPath, ...words);

/** Returns the path of a tool that is installed with the tests. @param {string} path */
export const tool = (path) => fileURLToPath(new URL(path, tools));

/** @param {string} name of a file of the package */
export const packaged = (name) => new URL(`package/${name}`, built);

/** @param {URL} from @param {URL} to */
export const copy = (from, to) => cp(from, to, { recursive: true });

/** Returns the code blocks of the package's README, with their language and info string. */
export async function examples() {
  const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)([^\n]*)\n([^]*?)^```$/gm)].map(([, language, about, code]) => ({
    language,
    about: about.trim(),
    code,
  }));
}
