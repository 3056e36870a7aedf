/** A call as it was typed becomes a request, or the sentences about what is wrong with it. */
/** @import { RequestFields } from './example_requests.js' */
import { folder } from '../../app/service_worker.js';
import { hasBody } from './example_requests.js';

/** As the ledger has it: more would be refused there. */
const BODY_BYTES_MAX = 8 << 20;

/**
 * @typedef {object} ApiRequest
 * @property {string} method
 * @property {string} address seen from the folder of the page, with its query: `/account/coins?…`
 * @property {[string, string][]} headers
 * @property {string} body empty where there is none
 */

/** @typedef {Partial<Record<keyof RequestFields, string>>} Problems a sentence for each field that is wrong */

/**
 * @param {RequestFields} call
 * @returns {{ asked: ApiRequest, problems: Problems }}
 */
export function parseRequest(call) {
  /** @type {Problems} */
  const problems = {};
  const path = call.path.trim();
  const query = call.query.trim().replace(/^\?/, '');
  if (!path.startsWith('/')) problems.path = 'A path begins with a slash.';
  else if (/[?#]/.test(path)) problems.path = 'The query has a field of its own.';
  const { headers, wrong } = headersOf(call.headers);
  if (wrong) problems.headers = wrong;
  const token = call.token.trim();
  if (token) headers.unshift(['Authorization', token]);
  if (!isHeader('Authorization', token)) problems.token = 'A token has plain characters only.';
  const body = hasBody(call.method) ? call.body : '';
  if (body.length > BODY_BYTES_MAX) problems.body = 'A body has at most 8 MiB.';
  const address = query ? `${path}?${query}` : path;
  return { asked: { method: call.method, address, headers, body }, problems };
}

/**
 * @param {string} text one header a line
 * @returns {{ headers: [string, string][], wrong: string }}
 */
function headersOf(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  /** @type {[string, string][]} */
  const headers = lines.map((line) => {
    const [name, ...rest] = line.split(':');
    return [name.trim(), rest.join(':').trim()];
  });
  const wrong = lines.find((line, place) => !line.includes(':') || !isHeader(...headers[place]));
  const shown = wrong && wrong.slice(0, 40);
  return { headers, wrong: shown ? `A line is “Name: value”, which “${shown}” is not.` : '' };
}

/**
 * @param {string} name
 * @param {string} value
 */
function isHeader(name, value) {
  try {
    return Boolean(new Headers([[name, value]]));
  } catch {
    return false;
  }
}

/**
 * Where a browser sends it: into the folder of the page, wherever that lies.
 * @param {string} address
 */
export function resolveAddress(address) {
  return new URL(`.${address}`, folder);
}

/**
 * The same as a command line.
 * @param {ApiRequest} asked
 * @param {string} base what comes before the address, without a slash at its end
 */
export function curlCommand({ method, address, headers, body }, base) {
  const verbs = /** @type {Record<string, string>} */ ({ GET: '', HEAD: '--head ' });
  const parts = [`curl ${verbs[method] ?? `--request ${method} `}${quoted(base + address)}`];
  for (const [name, value] of headers) {
    // To curl a header without a value is one to leave out, unless it ends in a semicolon.
    parts.push(`--header ${quoted(value ? `${name}: ${value}` : `${name};`)}`);
  }
  if (body) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(' \\\n  ');
}

/** As a shell takes it for one word, whatever is in it. @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
