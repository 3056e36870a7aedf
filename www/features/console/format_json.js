/** Formats JSON on several lines. Numbers keep their digits: a balance may exceed 2^53. */

const STEP = '  ';

/**
 * @param {string} text
 * @returns {string} the text itself if it is not JSON
 */
export function formatJson(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  // A string, a punctuator, or a word between punctuators.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  let depth = 0;
  let last = '';
  let written = '';
  for (const token of tokens) {
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    // An empty object or list stays on one line.
    const is_empty = closes && (last === '{' || last === '[');
    const breaks = last === '{' || last === '[' || last === ',' || closes;
    if (breaks && !is_empty) written += `\n${STEP.repeat(depth)}`;
    written += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    last = token;
  }
  return written;
}
