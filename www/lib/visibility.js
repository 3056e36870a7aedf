/**
 * Calls back each time a part of the page comes into view or leaves it.
 * @param {Element} part
 * @param {(is_visible: boolean) => void} changed
 */
export function observeVisibility(part, changed) {
  const observer = new IntersectionObserver((entries) => {
    changed(entries[entries.length - 1].isIntersecting);
  });
  observer.observe(part);
}
