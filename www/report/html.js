/** Builds HTML for a file. Every value is escaped, unless it is HTML already. */

const ESCAPES = /** @type {Record<string, string>} */ ({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
});

export class Html {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @param {TemplateStringsArray} strings @param {...(Html | Html[] | string | number)} values */
export function html(strings, ...values) {
  const parts = strings.raw.map(
    (text, index) => text + (index < values.length ? escaped(values[index]) : ''),
  );
  return new Html(parts.join(''));
}

/** @param {Html | Html[] | string | number} value @returns {string} */
function escaped(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join('');
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
}
