/** The few lines that stand between the panels and the document. */

let identifiers = 0;

/**
 * A fresh id, for a label, a description or a name that another element refers to.
 * @param {string} word
 */
export function freshId(word) {
  identifiers += 1;
  return `${word}-${identifiers}`;
}

/**
 * @param {Element} target
 * @param {Record<string, string | number | boolean>} attributes
 */
function adorn(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    target.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number | boolean>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  adorn(made, attributes);
  made.append(...children);
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number | boolean>} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Name]}
 */
export function svgElement(name, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  adorn(made, attributes);
  made.append(...children);
  return made;
}

/**
 * Writes a text only where it differs: ten times a second, most of them do not.
 * @param {Node} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * The element of the page that a panel lives in.
 * @param {string} id
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element with the id ${id}.`);
  return found;
}
