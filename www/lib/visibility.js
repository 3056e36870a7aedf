/**
 * Tells whether a part of the page is in sight, each time that changes.
 * @param {Element} part
 * @param {(isSeen: boolean) => void} tell
 */
export function observeVisibility(part, tell) {
  new IntersectionObserver((entries) => tell(entries[entries.length - 1].isIntersecting)).observe(
    part,
  );
}
