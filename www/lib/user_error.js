/** @import { Explanation } from '../types.d.ts' */

/**
 * An error that a person reads: what happened, why, and what to do next.
 */
export class UserError extends Error {
  /** @param {Explanation} explanation */
  constructor(explanation) {
    super(`${explanation.what} ${explanation.why}`);
    this.name = 'Trouble';
    this.explanation = explanation;
  }
}

/**
 * Whatever was thrown, as something to read.
 * @param {unknown} thrown
 * @returns {Explanation}
 */
export function explain(thrown) {
  if (thrown instanceof UserError) return thrown.explanation;
  return {
    what: 'The page failed in a way it does not know.',
    why: asSentence(thrown instanceof Error ? thrown.message : String(thrown)),
    next: 'Reload the page; if it happens again, report it with the line above.',
  };
}

/**
 * What the core, or the page, says of something that went wrong and after which all goes on.
 * @param {unknown} thrown
 */
export function messageOf(thrown) {
  if (!(thrown instanceof UserError)) return explain(thrown).why;
  const { what, why, next } = thrown.explanation;
  return `${what} ${why} ${next}`;
}

/**
 * A sentence of the core, which goes on from something else, as one that stands by itself.
 * @param {string} message
 */
export function capitalized(message) {
  const text = asSentence(message);
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/**
 * A message as a sentence: messages of browsers often lack their full stop.
 * @param {string} message
 */
export function asSentence(message) {
  const text = message.trim() || 'No reason was given';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
