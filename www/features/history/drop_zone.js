/** Accepts files that are dropped anywhere on the page, with a frame while they hover. */
import { element } from '../../lib/dom.js';

/** @param {(files: File[]) => void} accept */
export function dropZone(accept) {
  const frame = element('div', { class: 'drop', hidden: true, 'aria-hidden': 'true' });
  frame.append(element('p', {}, 'Drop a report or a ledger to open it'));
  document.body.append(frame);
  /** The parts of the page that were entered and not left: entering one comes before leaving another. */
  let depth = 0;
  /** @param {'dragenter' | 'dragleave' | 'dragover' | 'drop'} kind @param {(event: DragEvent) => void} act */
  const listen = (kind, act) => {
    addEventListener(kind, (event) => {
      if (event.dataTransfer?.types.includes('Files')) act(event);
    });
  };
  listen('dragenter', () => {
    depth += 1;
    frame.hidden = false;
  });
  listen('dragleave', () => {
    depth -= 1;
    frame.hidden = depth <= 0;
  });
  // By default the browser would open the file instead of the page.
  listen('dragover', (event) => event.preventDefault());
  listen('drop', (event) => {
    depth = 0;
    frame.hidden = true;
    event.preventDefault();
    accept([...(event.dataTransfer?.files ?? [])]);
  });
}
