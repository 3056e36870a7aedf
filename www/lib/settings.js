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

/** Sets or removes a setting. @param {string} name @param {string | null} value */
export function writeSetting(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // The setting then holds until the page is closed.
  }
}
