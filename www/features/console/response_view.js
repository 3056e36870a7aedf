/** An answer: its status in a line that is read aloud, its headers, and its body. */
/** @import { ApiResponse } from './send_request.js' */
import { element, freshId, setText } from '../../lib/dom.js';
import { bytes, duration } from '../../lib/format.js';
import { asSentence } from '../../lib/user_error.js';
import { formatJson } from './format_json.js';
import { BODY_SHOWN_BYTES_MAX } from './send_request.js';

/** Names of statuses, as HTTP has them: an answer that passes a service worker comes without. */
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
  const word = element('strong', { class: 'answer-word' });
  const rest = element('span', { class: 'note' });
  const said = element('p', { class: 'answer-state', role: 'status' }, word, ' ', rest);
  const rows = element('tbody');
  const title = element('summary', { id: freshId('headers') }, 'Headers of the answer');
  const head = element('tr', {}, ...['Name', 'Value'].map((text) => column(text)));
  const table = element('table', { 'aria-labelledby': title.id }, element('thead', {}, head), rows);
  const headers = element('details', { class: 'answer-headers' }, title, table);
  const note = element('p', { class: 'hint' });
  const text = element('pre', {
    class: 'answer-body scroll',
    role: 'region',
    'aria-label': 'Body of the answer',
    tabindex: 0,
  });
  const block = element('div', { class: 'answer' }, said, headers, note, text);

  /**
   * @param {string} mood
   * @param {string} state
   * @param {string} more
   * @param {ApiResponse | null} answer
   */
  const show = (mood, state, more, answer) => {
    said.dataset.mood = mood;
    setText(word, state);
    setText(rest, more);
    headers.hidden = text.hidden = !answer;
    rows.replaceChildren(...(answer?.headers ?? []).map(row));
    setText(note, answer ? noteOf(answer) : '');
    setText(text, answer ? bodyOf(answer) : '');
  };
  return {
    block,
    /** @param {string} state @param {string} more */
    wait: (state, more) => show('busy', state, more, null),
    /** @param {string} more */
    open: (more) => show('calm', 'Nothing sent yet.', more, null),
    /** @param {unknown} error */
    fail(error) {
      const { message } = /** @type {Error} */ (error);
      show('bad', 'Failed.', `No answer came: ${asSentence(message)}`, null);
    },
    /** @param {string} more */
    end: (more) => show('calm', 'Taken back.', more, null),
    /** @param {ApiResponse} answer @param {string} from */
    answer(answer, from) {
      const { status, statusText, headers_ms, all_ms } = answer;
      const name = statusText || STATUSES[status] || '';
      const times = `headers after ${duration(headers_ms * 1e6)}, all after ${duration(all_ms * 1e6)}`;
      const size = bytes(answer.bytes) + (answer.whole ? '' : ' and more');
      const mood = status < 400 ? 'good' : 'bad';
      show(mood, `${status} ${name}`.trim(), `from ${from}: ${size}, ${times}.`, answer);
    },
  };
}

/** @param {string} text */
function column(text) {
  return element('th', { scope: 'col' }, text);
}

/** @param {[string, string]} header */
function row([name, value]) {
  return element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, value));
}

/** @param {ApiResponse} answer */
function noteOf({ whole, body }) {
  if (!whole) return `The first ${bytes(BODY_SHOWN_BYTES_MAX)} are shown; the rest was given up.`;
  return body ? '' : 'The answer has no body.';
}

/** @param {ApiResponse} answer */
function bodyOf({ headers, whole, body }) {
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  return whole && /[/+]json\b/.test(type) ? formatJson(body) : body;
}
