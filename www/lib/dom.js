/** Creates and finds elements of the document. */

/** @typedef {Record<string, string | number | boolean>} Attributes */

let ids = 0;

/**
 * Returns a new id, for a label or a description that another element refers to.
 * @param {string} prefix
 */
export function freshId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

/** @param {Element} target @param {Attributes} attributes */
function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    target.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const created = document.createElement(name);
  setAttributes(created, attributes);
  created.append(...children);
  return created;
}

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Name]}
 */
export function svgElement(name, attributes = {}, ...children) {
  const created = document.createElementNS('http://www.w3.org/2000/svg', name);
  setAttributes(created, attributes);
  created.append(...children);
  return created;
}

/**
 * @param {string} text
 * @param {() => void} act called on a click
 * @param {string} [kind] its class
 * @param {string} [subject] read aloud after the text, where several buttons have the same text
 */
export function actionButton(text, act, kind = 'quiet', subject = '') {
  const button = element('button', { type: 'button', class: kind }, text);
  if (subject) button.append(element('span', { class: 'unseen' }, subject));
  button.addEventListener('click', act);
  return button;
}

/** Returns the options of a select or a datalist. @param {readonly string[]} values */
export function optionsOf(values) {
  return values.map((value) => element('option', { value }, value));
}

/** @param {readonly string[]} headings */
export function headingRow(headings) {
  return element('tr', {}, ...headings.map((text) => element('th', { scope: 'col' }, text)));
}

/**
 * Returns a table row whose first cell is its heading.
 * @param {string | Node} heading
 * @param {...(HTMLTableCellElement | string)} cells
 */
export function namedRow(heading, ...cells) {
  const created = cells.map((cell) => (typeof cell === 'string' ? element('td', {}, cell) : cell));
  return element('tr', {}, element('th', { scope: 'row' }, heading), ...created);
}

/**
 * Adds or removes children so that a list or table body has exactly `count`. The children can then
 * be updated in place.
 * @param {Element} parent
 * @param {number} count
 * @param {(index: number) => Node} create
 */
export function resizeChildren(parent, count, create) {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(create(parent.children.length));
}

/**
 * Sets a text only if it differs: of the texts drawn five times a second most do not.
 * @param {Node} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Returns the element with this id, which the page's HTML must have. @param {string} id */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element with the id “${id}”.`);
  return found;
}
