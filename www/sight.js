/**
 * Tells whether a part of the page is in sight, or nearly, each time that changes.
 * @param {Element} part
 * @param {(isSeen: boolean) => void} tell
 */
export function inSight(part, tell) {
  const observer = new IntersectionObserver(
    (entries) => tell(entries[entries.length - 1].isIntersecting),
    { rootMargin: '100px' },
  );
  observer.observe(part);
}
