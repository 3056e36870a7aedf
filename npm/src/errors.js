/** The errors of the package. Each has a message for people and a `code` for programs. */

export class LedgerError extends Error {
  /**
   * @param {string} message
   * @param {{ code: string, field?: string, limit?: bigint, reason?: string, worker?: number, cause?: unknown }} details
   */
  constructor(message, { code, field, limit, reason, worker, cause }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.field = field;
    this.limit = limit;
    /** The reason, without the advice that the message adds. */
    this.reason = reason;
    /** The index of the worker that failed. */
    this.worker = worker;
  }
}

/** An argument is invalid. The ledger was not called. */
export class LedgerArgumentError extends LedgerError {}

/** The ledger rejected the call. It may have added entries to its trail, but nothing else has changed. */
export class LedgerRefusedError extends LedgerError {}

/** The ledger could not be opened. The message explains the remedy. */
export class LedgerStartError extends LedgerError {}

/** The ledger's code has failed, so its memory cannot be trusted. Open another ledger. */
export class LedgerBrokenError extends LedgerError {}

/** The ledger was closed. */
export class LedgerClosedError extends LedgerError {}

/** @type {Record<string, typeof LedgerError>} */
const CLASSES = {
  LedgerError, LedgerArgumentError, LedgerRefusedError, LedgerStartError, LedgerBrokenError, LedgerClosedError,
};
// Not by the names of the classes, which minifiers change.
for (const [name, { prototype }] of Object.entries(CLASSES)) prototype.name = name;

/** @param {string} message @param {string} code @param {string} [field] @param {bigint} [limit] */
export const argumentError = (message, code, field, limit) =>
  new LedgerArgumentError(message, { code, field, limit });

export const closed = () => new LedgerClosedError('The ledger was closed; open another one.', { code: 'closed' });

/** @param {string} reason @param {number} [worker] @param {{ code?: string, field?: string, limit?: bigint }} [details] */
export const broken = (reason, worker, details) =>
  new LedgerBrokenError(`The ledger has failed and cannot be used any more; open another one. ${reason}`, {
    code: 'broken',
    reason,
    worker,
    ...details,
  });

/** Returns a message of the core as a sentence. @param {string} text */
function sentence(text) {
  const capital = /^[a-z]+ /.test(text) ? `${text[0].toUpperCase()}${text.slice(1)}` : text;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** Returns the error that the core threw as JSON: `code`, `message`, and optionally `field` and `limit`. @param {string} json */
export function refused(json) {
  const { code, message, field, limit } = JSON.parse(json);
  if (code === 'closed') return closed();
  const details = { code, field: field && camel(field), limit: limit && BigInt(limit) };
  // What was not stored may have happened, so it was not rejected.
  const Class = code === 'outcome_unknown' ? LedgerError : LedgerRefusedError;
  return new Class(sentence(message), details);
}

/** Converts an error to a plain object, because messages of workers lose its class. @param {any} error */
export const packed = ({ name, message, code, field, limit, reason }) => ({ name, message, code, field, limit, reason });

/** Returns the error that was converted by `packed`. @param {any} error @param {number} worker */
export function unpacked({ name, message, ...details }, worker) {
  const Class = CLASSES[name] ?? LedgerError;
  return new Class(message, { code: 'failed', ...details, worker: Class === LedgerBrokenError ? worker : undefined });
}

/** Returns `debitAccountId` for `debit_account_id`. @param {string} name */
export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, next) => next.toUpperCase());
