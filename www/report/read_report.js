/** Reads a report from a file. */
/** @import { Report } from '../types.d.ts' */
import { bytes } from '../lib/format.js';
import { UserError, asSentence } from '../lib/user_error.js';
import { verifyReport } from './verify_report.js';

export const FILE_BYTES_MAX = 32 * 1024 * 1024;

/**
 * @param {File} file
 * @returns {Promise<Report>}
 */
export async function readReport(file) {
  if (file.size > FILE_BYTES_MAX) {
    throw notOpened(file, `It has ${bytes(file.size)}. The limit for reports is 32 MiB.`);
  }
  const text = await file.text().catch((error) => {
    throw notOpened(file, `It cannot be read: ${asSentence(error.message)}`);
  });
  const report = parseJson(text, file);
  const problem = await verifyReport(report);
  if (problem) throw notOpened(file, problem);
  return report;
}

/**
 * @param {string} text
 * @param {File} file
 */
function parseJson(text, file) {
  if (text.trim() === '') throw notOpened(file, 'It is empty.');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = asSentence(/** @type {Error} */ (error).message);
    throw notOpened(file, `It is not JSON: ${reason}`);
  }
}

/** @param {File} file @param {string} why */
function notOpened(file, why) {
  return new UserError({
    what: `“${file.name}” was not opened.`,
    why,
    next: 'Check the file and open it again. The displayed run has not changed.',
  });
}
