/** Text that becomes HTML in a file: whatever is put in is escaped, unless it is HTML already. */

const ESCAPES = /** @type {Record<string, string>} */ ({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
});

/** HTML that was made here. */
export class Html {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/**
 * @param {TemplateStringsArray} strings
 * @param {...(Html | Html[] | string | number)} values
 */
export function html(strings, ...values) {
  const parts = strings.raw.map(
    (text, index) => text + (index < values.length ? put(values[index]) : ''),
  );
  return new Html(parts.join(''));
}

/** @param {Html | Html[] | string | number} value @returns {string} */
function put(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(put).join('');
  return String(value).replace(/[&<>"']/g, (sign) => ESCAPES[sign]);
}
