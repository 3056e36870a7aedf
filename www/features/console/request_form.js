/** The fields of a request. Each has a label and shows what is wrong with its text. */
/** @import { RequestFields } from './example_requests.js' */
/** @import { Problems } from './request.js' */
import { element, freshId, setText } from '../../lib/dom.js';
import { EXAMPLE_GROUPS, METHODS, hasBody } from './example_requests.js';

const EXAMPLES = EXAMPLE_GROUPS.flatMap(({ examples }) => examples);
const TOKENS = 'In the demo, aaron’s token is 1 and bryan’s is 2. /v1 also accepts “Bearer operator”.';

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * @param {string} name for the style sheet
 * @param {string} label
 * @param {Control} control
 * @param {string} [hint]
 */
function fieldOf(name, label, control, hint = '') {
  const problem = element('p', { class: 'problem', id: freshId('problem') });
  const hint_text = element('p', { class: 'hint', id: freshId('hint') }, hint);
  control.id = freshId(name);
  control.setAttribute('aria-describedby', hint ? `${problem.id} ${hint_text.id}` : problem.id);
  const title = element('label', { for: control.id }, label);
  const parts = hint ? [title, control, problem, hint_text] : [title, control, problem];
  return { control, problem, block: element('div', { class: `request-field ${name}` }, ...parts) };
}

const PLAIN = { autocomplete: 'off', spellcheck: 'false' };

/** @param {Record<string, string>} [attributes] */
function textInput(attributes = {}) {
  return element('input', { type: 'text', ...PLAIN, ...attributes });
}

/** @param {() => void} changed called when a text has changed */
export function requestForm(changed) {
  const groups = EXAMPLE_GROUPS.map(({ title, examples }) => {
    const options = examples.map((example) =>
      element('option', { value: EXAMPLES.indexOf(example) }, example.title),
    );
    return element('optgroup', { label: title }, ...options);
  });
  const example = element('select', {}, ...groups);
  const method = element('select', {}, ...METHODS.map((name) => element('option', {}, name)));
  const fields = {
    method: fieldOf('method', 'Method', method),
    path: fieldOf('path', 'Path', textInput({ inputmode: 'url' })),
    query: fieldOf('query', 'Query', textInput()),
    token: fieldOf('token', 'Authorization', textInput(), TOKENS),
    headers: fieldOf('headers', 'Other headers, one per line', element('textarea', { rows: 2, ...PLAIN })),
    body: fieldOf('body', 'Body', element('textarea', { rows: 8, ...PLAIN })),
  };
  const names = /** @type {(keyof RequestFields)[]} */ (Object.keys(fields));

  const showBody = () => {
    fields.body.block.hidden = !hasBody(method.value);
  };
  /** @param {RequestFields} texts */
  const fill = (texts) => {
    for (const name of names) fields[name].control.value = texts[name];
    showBody();
  };
  example.addEventListener('change', () => {
    fill(EXAMPLES[Number(example.value)]);
    changed();
  });
  for (const name of names) {
    fields[name].control.addEventListener('input', () => {
      showBody();
      changed();
    });
  }
  fill(EXAMPLES[0]);

  const all = [fieldOf('choice', 'Example', example), ...Object.values(fields)];
  return {
    blocks: all.map(({ block }) => block),
    /** Returns the texts of the fields. @returns {RequestFields} */
    texts() {
      const texts = names.map((name) => [name, fields[name].control.value]);
      return Object.fromEntries(texts);
    },
    /** @param {Problems} problems */
    show(problems) {
      for (const name of names) {
        const { control, problem } = fields[name];
        control.setAttribute('aria-invalid', String(name in problems));
        setText(problem, problems[name] ?? '');
      }
    },
    /** Moves the focus to the first field with a problem. @param {Problems} problems */
    focus(problems) {
      const wrong = names.find((name) => name in problems);
      if (wrong) fields[wrong].control.focus();
    },
  };
}
