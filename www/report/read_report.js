/** Reads a report from a file. */
/** @import { Report } from '../types.d.ts' */
import { LedgerRefusedError } from '../../npm/src/errors.js';
import { bytes } from '../lib/format.js';
import { UserError, asSentence } from '../lib/user_error.js';

const FILE_BYTES_MAX = 32 * 1024 * 1024;

/** @param {File} file @param {(json: string) => Promise<Report>} verifyReport */
export async function readReport(file, verifyReport) {
  if (file.size > FILE_BYTES_MAX) {
    throw notOpened(file, `It has ${bytes(file.size)}. The limit for reports is 32 MiB.`);
  }
  const text = await file.text().catch((error) => {
    throw notOpened(file, `It cannot be read: ${asSentence(error.message)}`);
  });
  return verifyReport(text).catch((error) => {
    throw error instanceof LedgerRefusedError ? notOpened(file, error.message) : error;
  });
}

/** @param {File} file @param {string} why */
function notOpened(file, why) {
  return new UserError({
    what: `“${file.name}” was not opened.`,
    why,
    next: 'Check the file and open it again. The displayed run has not changed.',
  });
}
