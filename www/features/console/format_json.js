/** JSON over several lines. Its numbers stay as they came: a balance may be past what JavaScript counts. */

const STEP = '  ';

/**
 * @param {string} text
 * @returns {string} the same where it is no JSON
 */
export function formatJson(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  // A string, a sign, or what stands between signs.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  let depth = 0;
  let last = '';
  let written = '';
  for (const token of tokens) {
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    // An empty object or list stays on its line.
    const empty = closes && (last === '{' || last === '[');
    const breaks = last === '{' || last === '[' || last === ',' || closes;
    if (breaks && !empty) written += `\n${STEP.repeat(depth)}`;
    written += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    last = token;
  }
  return written;
}
