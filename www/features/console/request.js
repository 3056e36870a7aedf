/** Parses the texts of the request form, and formats a request as a command line. */
/** @import { RequestFields } from './example_requests.js' */
import { folder } from '../../app/service_worker.js';
import { hasBody } from './example_requests.js';

/** The ledger's own limit. */
const BODY_BYTES_MAX = 8 << 20;
/** An invalid header line is quoted up to this length. */
const QUOTED_MAX = 40;

/**
 * @typedef {object} ApiRequest
 * @property {string} method
 * @property {string} address relative to the folder of the page, with its query: `/account/coins?…`
 * @property {[string, string][]} headers
 * @property {string} body empty without one
 */

/** @typedef {Partial<Record<keyof RequestFields, string>>} Problems of each invalid field */

/**
 * @param {RequestFields} texts
 * @returns {{ request: ApiRequest, problems: Problems }}
 */
export function parseRequest({ method, path: path_text, query: query_text, ...texts }) {
  /** @type {Problems} */
  const problems = {};
  const path = path_text.trim();
  const query = query_text.trim().replace(/^\?/, '');
  if (!path.startsWith('/')) problems.path = 'The path must start with a slash.';
  else if (/[?#]/.test(path)) problems.path = 'Enter the query in its own field.';
  const { headers, problem } = parseHeaders(texts.headers);
  if (problem) problems.headers = problem;
  const token = texts.token.trim();
  if (token) headers.unshift(['Authorization', token]);
  if (!isHeader('Authorization', token)) problems.token = 'The token may contain ASCII characters only.';
  const body = hasBody(method) ? texts.body : '';
  if (body.length > BODY_BYTES_MAX) problems.body = 'The body must not exceed 8 MiB.';
  const address = query ? `${path}?${query}` : path;
  return { request: { method, address, headers, body }, problems };
}

/**
 * @param {string} text one header per line
 * @returns {{ headers: [string, string][], problem: string }}
 */
function parseHeaders(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  /** @type {[string, string][]} */
  const headers = lines.map((line) => {
    const [name, ...rest] = line.split(':');
    return [name.trim(), rest.join(':').trim()];
  });
  const invalid = lines.find((line, index) => !line.includes(':') || !isHeader(...headers[index]));
  const problem = invalid ? `“${invalid.slice(0, QUOTED_MAX)}” is not of the form “Name: value”.` : '';
  return { headers, problem };
}

/** @param {string} name @param {string} value */
function isHeader(name, value) {
  try {
    return Boolean(new Headers([[name, value]]));
  } catch {
    return false;
  }
}

/** Resolves an address relative to the folder of the page. @param {string} address */
export function resolveAddress(address) {
  return new URL(`.${address}`, folder);
}

/**
 * Returns the request as a command line.
 * @param {ApiRequest} request
 * @param {string} base what precedes the address, without a trailing slash
 */
export function curlCommand({ method, address, headers, body }, base) {
  const options = /** @type {Record<string, string>} */ ({ GET: '', HEAD: '--head ' });
  const parts = [`curl ${options[method] ?? `--request ${method} `}${quoted(base + address)}`];
  for (const [name, value] of headers) {
    // curl removes a header without a value unless it ends in a semicolon.
    parts.push(`--header ${quoted(value ? `${name}: ${value}` : `${name};`)}`);
  }
  if (body) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(' \\\n  ');
}

/** Quotes a text as one word of a shell. @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
