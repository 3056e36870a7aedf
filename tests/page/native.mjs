/** The program `ledgerlab`: its server, and reports of its runs, and other commands. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { root } from './browser.mjs';

const program = process.env.LEDGERLAB_PROGRAM || `${root}target/debug/ledgerlab`;

/** The limit for the server to print its address. */
const READY_LIMIT_MS = 10_000;

function assertBuilt() {
  if (existsSync(program)) return;
  throw new Error(
    `${program} is not there; “cargo build” makes it, or LEDGERLAB_PROGRAM names it.`,
  );
}

/**
 * Returns the output of `ledgerlab run … --json`.
 * @param {...string} options after the name of the scenario
 */
export function nativeReport(...options) {
  assertBuilt();
  const given = ['run', ...options, '--json', '--quiet'];
  // A run with failed checks exits with 1 and prints its report.
  const { stdout, status } = spawnSync(program, given, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0 && status !== 1) throw new Error(`“${given.join(' ')}” ended with ${status}.`);
  return stdout;
}

/** Returns the output and the status of a command. @param {...string} options */
export function command(...options) {
  assertBuilt();
  return spawnSync(program, options, { encoding: 'utf8' });
}

/** Starts the server on a free port of this machine. */
export async function native() {
  assertBuilt();
  const options = ['serve', '--demo', '--dashboard', 'dist', '--port', '0', '--trail-mib', '64'];
  const server = spawn(program, options, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(server, 'exit');
  const close = () => {
    server.kill();
    return ended;
  };
  const late = setTimeout(close, READY_LIMIT_MS);
  for await (const line of createInterface(server.stdout)) {
    const [, url] = line.match(/^Listening on (http:\S+)$/) ?? [];
    if (!url) continue;
    clearTimeout(late);
    return { url: `${url}/`, close };
  }
  throw new Error('The server ended before it said where it listens.');
}
