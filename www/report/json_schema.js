/**
 * Validates a value against a JSON schema. It knows the keywords of the report schema; any other
 * keyword is an error, so that none is silently ignored.
 */

/** @typedef {{ [keyword: string]: any }} Schema */

const KEYWORDS = new Set([
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
/** Longer values are quoted up to this length. */
const QUOTED_MAX = 60;

/**
 * Returns the first violation of the schema, or null.
 * @param {unknown} value
 * @param {Schema} schema
 * @param {Schema} [root] which has the definitions
 * @param {string} [path] of the value
 * @returns {string | null}
 */
export function schemaViolation(value, schema, root = schema, path = '') {
  const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown) throw new Error(`The schema uses the unknown keyword “${unknown}”.`);
  if (schema.$ref) {
    const name = schema.$ref.replace('#/$defs/', '');
    return schemaViolation(value, root.$defs[name], root, path);
  }
  const where = path === '' ? 'The report' : path;
  if (schema.anyOf) {
    const violations = schema.anyOf.map((/** @type {Schema} */ one) =>
      schemaViolation(value, one, root, path),
    );
    return violations.includes(null) ? null : violations[0];
  }
  if ('const' in schema && value !== schema.const) {
    return `${where} is ${quoted(value)}, not ${quoted(schema.const)}.`;
  }
  if (schema.enum && !schema.enum.includes(value)) {
    return `${where} is ${quoted(value)}, not one of ${schema.enum.join(', ')}.`;
  }
  if (schema.type && kindOf(value, schema.type) !== schema.type) {
    return `${where} is ${quoted(value)}, not ${KINDS[schema.type]}.`;
  }
  switch (schema.type) {
    case 'integer':
      return numberViolation(/** @type {number} */ (value), schema, where);
    case 'string':
      return textViolation(/** @type {string} */ (value), schema, where);
    case 'array':
      return listViolation(/** @type {unknown[]} */ (value), schema, root, path);
    case 'object':
      return objectViolation(/** @type {Record<string, unknown>} */ (value), schema, root, path);
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
function numberViolation(value, { minimum, maximum }, where) {
  if (value < minimum) return `${where} is ${value}, less than ${minimum}.`;
  if (value > maximum) return `${where} is ${value}, more than ${maximum}.`;
  return null;
}

/** @param {string} value @param {Schema} schema @param {string} where */
function textViolation(value, { pattern }, where) {
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return null;
  return `${where} is ${quoted(value)}, which does not match ${pattern}.`;
}

/** @param {unknown[]} value @param {Schema} schema @param {Schema} root @param {string} path */
function listViolation(value, { items, maxItems }, root, path) {
  if (value.length > maxItems) return `${path} has ${value.length} items, more than ${maxItems}.`;
  for (const [index, item] of value.entries()) {
    const found = schemaViolation(item, items, root, `${path}[${index}]`);
    if (found) return found;
  }
  return null;
}

/**
 * @param {Record<string, unknown>} value
 * @param {Schema} schema
 * @param {Schema} root
 * @param {string} path
 */
function objectViolation(value, { required, properties, additionalProperties }, root, path) {
  /** @param {string} name */
  const inside = (name) => (path === '' ? name : `${path}.${name}`);
  for (const name of required ?? []) {
    if (!Object.hasOwn(value, name)) return `${inside(name)} is missing.`;
  }
  for (const [name, part] of Object.entries(value)) {
    const known = Object.hasOwn(properties ?? {}, name) ? properties[name] : additionalProperties;
    if (known === false) return `${inside(truncated(name))} is not a field of a report.`;
    const found = known ? schemaViolation(part, known, root, inside(truncated(name))) : null;
    if (found) return found;
  }
  return null;
}

/** Returns a value as it is in the file. @param {unknown} value */
function quoted(value) {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return truncated(JSON.stringify(value));
}

/** @param {string} text */
function truncated(text) {
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
}
