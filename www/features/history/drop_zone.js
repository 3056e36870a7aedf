/** Files that are dropped anywhere on the page, with a frame that says so while one hovers. */
import { element } from '../../lib/dom.js';

/** @param {(files: File[]) => void} take */
export function dropZone(take) {
  const target = element('div', { class: 'drop', hidden: true, 'aria-hidden': 'true' });
  target.append(element('p', {}, 'Drop a report to open it'));
  document.body.append(target);
  /** @param {DragEvent} event */
  const holdsFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files') ?? false;
  /** Entering a part of the page comes before leaving the one around it. */
  let depth = 0;
  addEventListener('dragenter', (event) => {
    if (!holdsFiles(event)) return;
    depth += 1;
    target.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (!holdsFiles(event)) return;
    depth -= 1;
    target.hidden = depth <= 0;
  });
  // Without this the browser would leave the page for the file.
  addEventListener('dragover', (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    depth = 0;
    target.hidden = true;
    if (!holdsFiles(event)) return;
    event.preventDefault();
    take([...(event.dataTransfer?.files ?? [])]);
  });
}
