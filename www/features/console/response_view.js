/** A response: its status, which is read aloud, its headers and its body. */
/** @import { ApiResponse } from './send_request.js' */
import { element, freshId, headingRow, namedRow, setText } from '../../lib/dom.js';
import { bytes, duration } from '../../lib/format.js';
import { asSentence } from '../../lib/user_error.js';
import { formatJson } from './format_json.js';
import { BODY_SHOWN_BYTES_MAX } from './send_request.js';

/** Names of statuses: a response that passes a service worker has none. */
const STATUSES = /** @type {Record<number, string>} */ ({
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  422: 'Unprocessable Entity',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
});

export function responseView() {
  const word = element('strong', { class: 'mood' });
  const details = element('span', { class: 'note' });
  const status_line = element('p', { class: 'response-status', role: 'status' }, word, ' ', details);
  const rows = element('tbody');
  const summary = element('summary', { id: freshId('headers') }, 'Response headers');
  const head = element('thead', {}, headingRow(['Name', 'Value']));
  const table = element('table', { 'aria-labelledby': summary.id }, head, rows);
  const headers = element('details', { class: 'response-headers' }, summary, table);
  const note = element('p', { class: 'hint' });
  const region = { role: 'region', 'aria-label': 'Response body', tabindex: 0 };
  const body = element('pre', { class: 'response-body scroll', ...region });
  const block = element('div', { class: 'response' }, status_line, headers, note, body);

  /**
   * @param {string} mood
   * @param {string} state
   * @param {string} text
   * @param {ApiResponse | null} [response]
   */
  const show = (mood, state, text, response = null) => {
    status_line.dataset.mood = mood;
    setText(word, state);
    setText(details, text);
    headers.hidden = body.hidden = !response;
    rows.replaceChildren(...(response?.headers ?? []).map(([name, value]) => namedRow(name, value)));
    setText(note, response ? noteOf(response) : '');
    setText(body, response ? bodyOf(response) : '');
  };
  return {
    block,
    showNothing: () => show('calm', 'No request sent yet.', ''),
    /** @param {string} target */
    showWaiting: (target) => show('busy', 'Sent.', `Waiting for ${target}.`),
    showCancelled: () => show('calm', 'Cancelled.', 'The ledger may have executed the request.'),
    /** @param {unknown} error */
    showError(error) {
      show('bad', 'Failed.', `No response: ${asSentence(/** @type {Error} */ (error).message)}`);
    },
    /** @param {ApiResponse} response @param {string} target */
    showResponse(response, target) {
      const { status, statusText, headers_ms, total_ms } = response;
      const [first, last] = [headers_ms, total_ms].map((ms) => duration(ms * 1e6));
      const size = bytes(response.bytes) + (response.is_complete ? '' : ' and more');
      const text = `from ${target}: ${size}, headers after ${first}, complete after ${last}.`;
      const name = statusText || STATUSES[status] || '';
      show(status < 400 ? 'good' : 'bad', `${status} ${name}`.trim(), text, response);
    },
  };
}

/** @param {ApiResponse} response */
function noteOf({ is_complete, body }) {
  if (!is_complete) return `Only the first ${bytes(BODY_SHOWN_BYTES_MAX)} were read.`;
  return body ? '' : 'The response has no body.';
}

/** @param {ApiResponse} response */
function bodyOf({ headers, is_complete, body }) {
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  return is_complete && /[/+]json\b/.test(type) ? formatJson(body) : body;
}
