/** @import { Explanation } from './types.d.ts' */

/**
 * An error that a person reads: what happened, why, and what to do next.
 */
export class Trouble extends Error {
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
  if (thrown instanceof Trouble) return thrown.explanation;
  return {
    what: 'The page failed in a way it does not know.',
    why: sentence(thrown instanceof Error ? thrown.message : String(thrown)),
    next: 'Reload the page; if it happens again, report it with the line above.',
  };
}

/**
 * What the core, or the page, says of something that went wrong and after which all goes on.
 * @param {unknown} thrown
 */
export function said(thrown) {
  if (!(thrown instanceof Trouble)) return explain(thrown).why;
  const { what, why, next } = thrown.explanation;
  return `${what} ${why} ${next}`;
}

/**
 * A message as a sentence: messages of browsers often lack their full stop.
 * @param {string} message
 */
export function sentence(message) {
  const text = message.trim() || 'No reason was given';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
