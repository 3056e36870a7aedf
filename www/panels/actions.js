/** What one can take along from the page: a link to the run, and its report. */
/** @import { Laboratory } from '../laboratory.js' */
/** @import { Report, State } from '../types.d.ts' */
import { copyButton } from '../copy.js';
import { element, place } from '../dom.js';

/** @param {Laboratory} laboratory */
export function actions(laboratory) {
  const { button: copy, said } = copyButton({
    title: 'Copy link',
    kind: 'button',
    text: () => location.href,
    copied: 'The link is copied.',
    refused: 'Copying is not allowed; the address bar has it.',
  });
  const download = element('button', { type: 'button', class: 'button' }, 'Download report');
  place('actions').append(copy, download, said);

  download.addEventListener('click', () => {
    const { report } = laboratory.store.state;
    if (report) save(report);
  });

  /** @param {State} state */
  return ({ report }) => {
    download.disabled = !report;
    download.title = report ? '' : 'There is a report once a run has ended.';
  };
}

/** @param {Report} report */
function save(report) {
  const { scenario, parameters } = report;
  const blob = new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: 'application/json' });
  const address = URL.createObjectURL(blob);
  const link = element('a', {
    href: address,
    download: `ledgerlab-${scenario}-${parameters.seed}.json`,
  });
  link.click();
  // The browser has taken the blob over once the click has been dealt with.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
