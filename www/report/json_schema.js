/**
 * Whether a value has a form, told by a JSON schema: of its words those that the schema of reports
 * uses. One that is unknown is an error, so that the page never believes to have looked at it.
 */

/** @typedef {{ [word: string]: any }} Schema */

const KNOWN = new Set([
  '$schema',
  '$defs',
  '$ref',
  'title',
  'description',
  'type',
  'const',
  'enum',
  'anyOf',
  'required',
  'properties',
  'additionalProperties',
  'items',
  'maxItems',
  'minimum',
  'maximum',
  'pattern',
]);
/** What is longer is shown by its beginning. */
const SHOWN_MAX = 60;

/**
 * The first thing that is not as the schema has it, in a sentence; nothing where all is.
 * @param {unknown} value
 * @param {Schema} schema
 * @param {Schema} [whole] whose definitions are meant
 * @param {string} [path] where the value stands
 * @returns {string | null}
 */
export function schemaViolation(value, schema, whole = schema, path = '') {
  const unknown = Object.keys(schema).find((word) => !KNOWN.has(word));
  if (unknown) throw new Error(`The schema uses “${unknown}”, which is not understood here.`);
  if (schema.$ref) {
    const name = schema.$ref.replace('#/$defs/', '');
    return schemaViolation(value, whole.$defs[name], whole, path);
  }
  const where = path === '' ? 'The whole' : path;
  if (schema.anyOf) {
    const misfits = schema.anyOf.map((/** @type {Schema} */ one) =>
      schemaViolation(value, one, whole, path),
    );
    return misfits.includes(null) ? null : misfits[0];
  }
  if ('const' in schema && value !== schema.const) {
    return `${where} is ${shown(value)}, not ${shown(schema.const)}.`;
  }
  if (schema.enum && !schema.enum.includes(value)) {
    return `${where} is ${shown(value)}, not one of ${schema.enum.join(', ')}.`;
  }
  if (schema.type && kindOf(value, schema.type) !== schema.type) {
    return `${where} is ${shown(value)}, not ${KINDS[schema.type]}.`;
  }
  switch (schema.type) {
    case 'integer':
      return misfitNumber(/** @type {number} */ (value), schema, where);
    case 'string':
      return misfitText(/** @type {string} */ (value), schema, where);
    case 'array':
      return misfitList(/** @type {unknown[]} */ (value), schema, whole, path);
    case 'object':
      return misfitObject(/** @type {Record<string, unknown>} */ (value), schema, whole, path);
    default:
      return null;
  }
}

const KINDS = /** @type {Record<string, string>} */ ({
  integer: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
});

/** @param {unknown} value @param {string} wanted */
function kindOf(value, wanted) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (wanted === 'integer' && Number.isInteger(value)) return 'integer';
  return typeof value;
}

/** @param {number} value @param {Schema} schema @param {string} where */
function misfitNumber(value, { minimum, maximum }, where) {
  if (value < minimum) return `${where} is ${value}, less than ${minimum}.`;
  if (value > maximum) return `${where} is ${value}, more than ${maximum}.`;
  return null;
}

/** @param {string} value @param {Schema} schema @param {string} where */
function misfitText(value, { pattern }, where) {
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return null;
  return `${where} is ${shown(value)}, which is not of the form ${pattern}.`;
}

/** @param {unknown[]} value @param {Schema} schema @param {Schema} whole @param {string} path */
function misfitList(value, { items, maxItems }, whole, path) {
  if (value.length > maxItems) return `${path} has ${value.length} items, more than ${maxItems}.`;
  for (const [index, item] of value.entries()) {
    const found = schemaViolation(item, items, whole, `${path}[${index}]`);
    if (found) return found;
  }
  return null;
}

/**
 * @param {Record<string, unknown>} value
 * @param {Schema} schema
 * @param {Schema} whole
 * @param {string} path
 */
function misfitObject(value, { required, properties, additionalProperties }, whole, path) {
  /** @param {string} name */
  const inside = (name) => (path === '' ? name : `${path}.${name}`);
  for (const name of required ?? []) {
    if (!Object.hasOwn(value, name)) return `${inside(name)} is missing.`;
  }
  for (const [name, part] of Object.entries(value)) {
    const known = Object.hasOwn(properties ?? {}, name) ? properties[name] : additionalProperties;
    if (known === false) return `${inside(cut(name))} is not a part of a report.`;
    const found = known ? schemaViolation(part, known, whole, inside(cut(name))) : null;
    if (found) return found;
  }
  return null;
}

/** A value as it stands in the file. @param {unknown} value */
function shown(value) {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return cut(JSON.stringify(value));
}

/** @param {string} text */
function cut(text) {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
