/** Sends a request and reads as much of the response as is shown. */
/** @import { ApiRequest } from './request.js' */
import { resolveAddress } from './request.js';

/** The rest of a body is not read: an export can be as long as the trail. */
export const BODY_SHOWN_BYTES_MAX = 256 << 10;
/** The service worker and the server report a timeout earlier than this. */
const RESPONSE_LIMIT_MS = 60_000;

/**
 * @typedef {object} ApiResponse
 * @property {number} status
 * @property {string} statusText empty if a service worker answered
 * @property {[string, string][]} headers
 * @property {string} body as text
 * @property {number} bytes of the body that were read
 * @property {boolean} is_complete whether the whole body was read
 * @property {number} headers_ms from sending to the headers
 * @property {number} total_ms from sending to the last byte
 */

/** @param {ApiRequest} request @param {AbortSignal} signal @returns {Promise<ApiResponse>} */
export async function sendRequest({ method, address, headers, body }, signal) {
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort(new Error(`There was no response within ${RESPONSE_LIMIT_MS / 1000} seconds.`));
  }, RESPONSE_LIMIT_MS);
  try {
    const sent_ms = performance.now();
    const response = await fetch(resolveAddress(address), {
      method,
      headers,
      body: body || undefined,
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    const headers_ms = performance.now() - sent_ms;
    const read = await readBeginning(response);
    const total_ms = performance.now() - sent_ms;
    const { status, statusText } = response;
    return { status, statusText, headers: [...response.headers], ...read, headers_ms, total_ms };
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the beginning of a body and cancels the rest. @param {Response} response */
async function readBeginning(response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let [body, bytes] = ['', 0];
  while (reader) {
    const { value, done } = await reader.read();
    if (done) break;
    const part = value.subarray(0, BODY_SHOWN_BYTES_MAX - bytes);
    body += decoder.decode(part, { stream: true });
    bytes += part.length;
    if (part.length < value.length) {
      await reader.cancel();
      return { body, bytes, is_complete: false };
    }
  }
  return { body: body + decoder.decode(), bytes, is_complete: true };
}
