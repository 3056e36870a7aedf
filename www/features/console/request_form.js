/** The fields of a call. Each has its label, and under it what is wrong with what was typed. */
/** @import { RequestFields } from './example_requests.js' */
/** @import { Problems } from './request.js' */
import { element, freshId, setText } from '../../lib/dom.js';
import { EXAMPLE_GROUPS, METHODS, hasBody } from './example_requests.js';

const EXAMPLES = EXAMPLE_GROUPS.flatMap(({ calls }) => calls);

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * @param {string} name for the style sheet
 * @param {string} label
 * @param {Control} control
 * @param {string} [hint]
 */
function block(name, label, control, hint = '') {
  const problem = element('p', { class: 'problem', id: freshId('problem') });
  const said = element('p', { class: 'hint', id: freshId('hint') }, hint);
  control.id = freshId(name);
  control.setAttribute('aria-describedby', hint ? `${problem.id} ${said.id}` : problem.id);
  const title = element('label', { for: control.id }, label);
  const parts = hint ? [title, control, problem, said] : [title, control, problem];
  return { control, problem, block: element('div', { class: `call-field ${name}` }, ...parts) };
}

/** @param {Record<string, string | number>} [attributes] */
function line(attributes = {}) {
  return element('input', {
    type: 'text',
    autocomplete: 'off',
    spellcheck: 'false',
    ...attributes,
  });
}

/** @param {number} rows */
function lines(rows) {
  return element('textarea', { rows, autocomplete: 'off', spellcheck: 'false' });
}

/**
 * @param {() => void} changed called when something was typed or chosen
 */
export function requestForm(changed) {
  const choice = element(
    'select',
    {},
    ...EXAMPLE_GROUPS.map(({ title, calls }) => {
      const options = calls.map((call) =>
        element('option', { value: EXAMPLES.indexOf(call) }, call.title),
      );
      return element('optgroup', { label: title }, ...options);
    }),
  );
  const method = element('select', {}, ...METHODS.map((name) => element('option', {}, name)));
  const tokens = 'In the demo aaron’s is 1, bryan’s 2; under /v1 also “Bearer operator”.';
  const fields = {
    method: block('method', 'Method', method),
    path: block('path', 'Path', line({ inputmode: 'url' })),
    query: block('query', 'Query', line()),
    token: block('token', 'Authorization', line(), tokens),
    headers: block('headers', 'Other headers, one a line', lines(2)),
    body: block('body', 'Body', lines(8)),
  };
  const names = /** @type {(keyof RequestFields)[]} */ (Object.keys(fields));

  const showBody = () => {
    fields.body.block.hidden = !hasBody(method.value);
  };
  /** @param {RequestFields} call */
  const fill = (call) => {
    for (const name of names) fields[name].control.value = call[name];
    showBody();
  };
  choice.addEventListener('change', () => {
    fill(EXAMPLES[Number(choice.value)]);
    changed();
  });
  for (const name of names) {
    fields[name].control.addEventListener('input', () => {
      showBody();
      changed();
    });
  }
  fill(EXAMPLES[0]);

  const blocks = [block('choice', 'Call', choice), ...Object.values(fields)];
  return {
    blocks: blocks.map(({ block }) => block),
    /** @returns {RequestFields} as it stands in the fields */
    call() {
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
    /** Puts the focus on the first field that is wrong. @param {Problems} problems */
    focus(problems) {
      const wrong = names.find((name) => name in problems);
      if (wrong) fields[wrong].control.focus();
    },
  };
}
