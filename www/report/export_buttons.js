/** The buttons that copy a link to the run and save its report as JSON, HTML or CSV. */
/** @import { App, FinishedRun, State } from '../types.d.ts' */
import { scenarioOf } from '../features/run/parameters.js';
import { copyButton } from '../lib/copy_button.js';
import { actionButton, byId } from '../lib/dom.js';
import { fileName, saveFile } from '../lib/save_file.js';
import { seriesCsv } from './csv.js';
import { reportJson } from './report_numbers.js';
import { reportPage } from './report_page.js';

/** @param {App} app */
export function exportButtons(app) {
  const { button: copy, status } = copyButton({
    title: 'Copy link',
    kind: 'button',
    text: () => location.href,
    copied: 'The link was copied.',
    denied: 'The browser does not allow copying. Copy the link from the address bar.',
  });

  /**
   * @param {string} title
   * @param {string} extension
   * @param {string} type
   * @param {(finished: FinishedRun) => string} textOf
   */
  const saveButton = (title, extension, type, textOf) => {
    const save = () => {
      const { finished_run } = app;
      if (!finished_run) return;
      const blob = new Blob([textOf(finished_run)], { type: `${type};charset=utf-8` });
      saveFile(blob, `${fileName(finished_run.report)}.${extension}`);
    };
    return actionButton(title, save, 'button');
  };
  const buttons = [
    saveButton('Download report', 'json', 'application/json', ({ report }) => reportJson(report)),
    saveButton('Report as HTML', 'html', 'text/html', (finished) => {
      const scenario = scenarioOf(app.store.state.description, finished.report);
      return reportPage(finished, scenario, app.link);
    }),
    saveButton('Series as CSV', 'csv', 'text/csv', ({ report }) => seriesCsv(report)),
  ];
  byId('actions').append(copy, ...buttons, status);

  /** @param {State} state */
  return ({ report }) => {
    for (const button of buttons) {
      button.disabled = !report;
      button.title = report ? '' : 'Available after a run has finished.';
    }
  };
}
