/** Settings in the browser's local storage. Browsers may forbid it, so every call can do nothing. */

/**
 * @param {string} name
 * @returns {string | null | undefined} null if it is not set, undefined if storage is forbidden
 */
export function readSetting(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return undefined;
  }
}

/** @param {string} name @param {string} value */
export function writeSetting(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // The setting then holds until the page is closed.
  }
}

/** @param {string} name */
export function removeSetting(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // Without storage nothing was set.
  }
}
