/** @import { Explanation } from '../types.d.ts' */

/** An error that a person reads: what happened, why, and what to do next. */
export class UserError extends Error {
  /** @param {Explanation} explanation */
  constructor(explanation) {
    super(`${explanation.what} ${explanation.why}`);
    this.name = 'UserError';
    this.explanation = explanation;
  }
}

/** Explains anything that was thrown. @param {unknown} thrown @returns {Explanation} */
export function explain(thrown) {
  if (thrown instanceof UserError) return thrown.explanation;
  return {
    what: 'The page failed unexpectedly.',
    why: asSentence(thrown instanceof Error ? thrown.message : String(thrown)),
    next: 'Reload the page. If it happens again, report it with the line above.',
  };
}

/** Returns the message of an error after which the page continues. @param {unknown} thrown */
export function messageOf(thrown) {
  if (!(thrown instanceof UserError)) return explain(thrown).why;
  const { what, why, next } = thrown.explanation;
  return `${what} ${why} ${next}`;
}

/** @param {string} text */
export function capitalized(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/**
 * Ends a message with a full stop, which messages of browsers often lack.
 * @param {string} message
 */
export function asSentence(message) {
  const text = message.trim() || 'No reason was given';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
