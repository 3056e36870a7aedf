/** What one can take along from the page: a link to the run, its report, and other forms of it. */
/** @import { App } from '../app/app.js' */
/** @import { FinishedRun, State } from '../types.d.ts' */
import { copyButton } from '../lib/copy_button.js';
import { element, byId } from '../lib/dom.js';
import { scenarioOf } from '../features/history/ended_run.js';
import { seriesCsv } from './csv.js';
import { reportPage } from './report_page.js';
import { fileName, saveFile } from '../lib/save_file.js';

const NOTHING_YET = 'There is a report once a run has ended.';

/** @param {App} app */
export function exportButtons(app) {
  const { button: copy, said } = copyButton({
    title: 'Copy link',
    kind: 'button',
    text: () => location.href,
    copied: 'The link is copied.',
    refused: 'Copying is not allowed; the address bar has it.',
  });

  /** @param {string} text @param {string} kind @param {(ended: FinishedRun) => Blob} make */
  const saves = (text, kind, make) => {
    const button = element('button', { type: 'button', class: 'button' }, text);
    button.addEventListener('click', () => {
      const { finished_run } = app;
      if (finished_run) saveFile(make(finished_run), `${fileName(finished_run.report)}.${kind}`);
    });
    return button;
  };
  const json = saves('Download report', 'json', ({ report }) => {
    return blob(`${JSON.stringify(report, null, 2)}\n`, 'application/json');
  });
  const page = saves('Report as a page', 'html', (ended) => {
    const scenario = scenarioOf(app.store.state.description, ended.report);
    return blob(reportPage(ended, scenario, app.link), 'text/html');
  });
  const csv = saves('Series as CSV', 'csv', ({ report }) => blob(seriesCsv(report), 'text/csv'));
  byId('actions').append(copy, json, page, csv, said);

  /** @param {State} state */
  return ({ report }) => {
    for (const button of [json, page, csv]) {
      button.disabled = !report;
      button.title = report ? '' : NOTHING_YET;
    }
  };
}

/** @param {string} text @param {string} type */
function blob(text, type) {
  return new Blob([text], { type: `${type};charset=utf-8` });
}
