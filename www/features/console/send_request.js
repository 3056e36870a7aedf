/** Sends a request with `fetch`, and reads as much of the answer as is shown. */
/** @import { ApiRequest } from './request.js' */
import { resolveAddress } from './request.js';

/** More of a body is not read: an export can be as long as the trail. */
export const BODY_SHOWN_BYTES_MAX = 256 << 10;
/** The service worker and the server give up before this, and say so. */
const ANSWER_LIMIT_MS = 60_000;

/**
 * @typedef {object} ApiResponse
 * @property {number} status
 * @property {string} statusText empty where a service worker gave none
 * @property {[string, string][]} headers
 * @property {string} body as text
 * @property {number} bytes of it that were read
 * @property {boolean} whole whether that is all
 * @property {number} headers_ms from the press on Send to the headers
 * @property {number} all_ms and to the last byte
 */

/**
 * @param {ApiRequest} asked
 * @param {AbortSignal} signal takes it back
 * @returns {Promise<ApiResponse>}
 */
export async function sendRequest({ method, address, headers, body }, signal) {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new Error(`There was no answer within ${ANSWER_LIMIT_MS / 1000} seconds.`));
  }, ANSWER_LIMIT_MS);
  const takeBack = () => late.abort(signal.reason);
  signal.addEventListener('abort', takeBack);
  try {
    const began_ms = performance.now();
    const response = await fetch(resolveAddress(address), {
      method,
      headers,
      body: body || undefined,
      cache: 'no-store',
      credentials: 'omit',
      signal: late.signal,
    });
    const headers_ms = performance.now() - began_ms;
    const read = await beginning(response);
    const { status, statusText } = response;
    const all_ms = performance.now() - began_ms;
    return { status, statusText, headers: [...response.headers], ...read, headers_ms, all_ms };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', takeBack);
  }
}

/**
 * The beginning of a body; the rest is given up.
 * @param {Response} response
 */
async function beginning(response) {
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
      return { body, bytes, whole: false };
    }
  }
  return { body: body + decoder.decode(), bytes, whole: true };
}
