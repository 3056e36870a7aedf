/** The fields of a request. Each has a label and shows its problem. */
/** @import { RequestFields } from './example_requests.js' */
/** @import { Problems } from './request.js' */
import { element } from '../../lib/dom.js';
import { PLAIN_TEXT, labelledField } from '../../lib/labelled_field.js';
import { EXAMPLE_GROUPS, METHODS, hasBody } from './example_requests.js';

const EXAMPLES = EXAMPLE_GROUPS.flatMap(({ examples }) => examples);
const TOKENS = 'In the demo, aaron’s token is 1 and bryan’s is 2. /v1 also accepts “Bearer operator”.';

/** @param {Record<string, string>} [attributes] */
const textInput = (attributes) => element('input', { ...PLAIN_TEXT, ...attributes });
/** @param {number} rows */
const textArea = (rows) => element('textarea', { rows, autocomplete: 'off', spellcheck: 'false' });

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
    method: labelledField('Method', method),
    path: labelledField('Path', textInput({ inputmode: 'url' })),
    query: labelledField('Query', textInput()),
    token: labelledField('Authorization', textInput(), TOKENS),
    headers: labelledField('Other headers, one per line', textArea(2)),
    body: labelledField('Body', textArea(8)),
  };
  const names = /** @type {(keyof RequestFields)[]} */ (Object.keys(fields));
  for (const name of names) fields[name].block.classList.add(name);

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

  const all = [labelledField('Example', example), ...Object.values(fields)];
  return {
    blocks: all.map(({ block }) => block),
    /** Returns the texts of the fields. @returns {RequestFields} */
    texts() {
      const texts = names.map((name) => [name, fields[name].control.value]);
      return Object.fromEntries(texts);
    },
    /** @param {Problems} problems */
    show(problems) {
      for (const name of names) fields[name].showProblem(problems[name]);
    },
    /** Moves the focus to the first field with a problem. @param {Problems} problems */
    focus(problems) {
      const invalid = names.find((name) => name in problems);
      if (invalid) fields[invalid].control.focus();
    },
  };
}
