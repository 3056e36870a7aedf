/** What goes wrong, as classes. Every one has a sentence, and a `code` for programs. */

export class LedgerError extends Error {
  /**
   * @param {string} message
   * @param {{ code: string, field?: string, limit?: bigint, cause?: unknown }} about
   */
  constructor(message, { code, field, limit, cause }) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.title;
    this.code = code;
    this.field = field;
    this.limit = limit;
  }

  static title = 'LedgerError';
}

/** An argument that no ledger takes. Nothing was asked of the ledger. */
export class LedgerArgumentError extends LedgerError {
  static title = 'LedgerArgumentError';
}

/** The ledger said no. Nothing has changed but, where the attempt is one, its trail. */
export class LedgerRefusedError extends LedgerError {
  static title = 'LedgerRefusedError';
}

/** The ledger could not be opened. The sentence says what to do. */
export class LedgerStartError extends LedgerError {
  static title = 'LedgerStartError';
}

/** The ledger's code has failed, so its memory is not to be trusted. Open another one. */
export class LedgerBrokenError extends LedgerError {
  static title = 'LedgerBrokenError';
}

/** The ledger was closed. */
export class LedgerClosedError extends LedgerError {
  static title = 'LedgerClosedError';
}

export const closed = () =>
  new LedgerClosedError('The ledger was closed; open another one.', { code: 'closed' });

export const broken = (/** @type {string} */ message) =>
  new LedgerBrokenError(`The ledger has failed and is of no use any more; open another one. ${message}`, {
    code: 'broken',
  });

/** A sentence of the core, as one. */
const sentence = (/** @type {string} */ text) =>
  /^[a-z]+ /.test(text) ? `${text[0].toUpperCase()}${text.slice(1)}.` : text;

/** @param {string} text what the core has thrown: an object with `code`, `message`, and maybe `field` and `limit` */
export function refused(text) {
  const { code, message, field, limit } = JSON.parse(text);
  const about = { code, field: field && camel(field), limit: limit && BigInt(limit) };
  if (code === 'closed') return closed();
  return new LedgerRefusedError(sentence(message), about);
}

/** An error as it crosses from a worker, where its class is lost. @param {any} error */
export const packed = ({ name, message, code, field, limit }) => ({ name, message, code, field, limit });

/** @param {any} error */
export function unpacked({ name, message, ...about }) {
  const known = [LedgerArgumentError, LedgerRefusedError, LedgerStartError, LedgerBrokenError, LedgerClosedError];
  const Class = known.find(({ title }) => title === name) ?? LedgerError;
  return new Class(message, { code: 'failed', ...about });
}

/** The name of a field as it is here: `debit_account_id` is `debitAccountId`. @param {string} name */
export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, next) => next.toUpperCase());
