/** The card that offers the stored ledger, and the card of a ledger that was opened. */
/** @import { App, OpenedLedger, State, StoredLedger } from '../../types.d.ts' */
import { changeDetector, isBusy } from '../../app/store.js';
import { actionButton, byId, element, setText } from '../../lib/dom.js';
import { bytes, count } from '../../lib/format.js';
import { ICONS } from '../../report/run_result.js';
import { asSentence } from '../../lib/user_error.js';
import { ledgerName } from './stored_ledgers.js';

/** A second press within this time deletes the ledger. */
const CONFIRMATION_MS = 5_000;
const WRITTEN = 'Another tab is writing it now.';
const INTERRUPTED = 'Its run was interrupted. Everything that was on the disk by then is there.';

/** @param {App} app */
export function storedLedgerPanel({ stored_ledgers }) {
  const title = element('h2', { id: 'stored-ledger-title' }, 'Stored ledger');
  const offer = element('p');
  const hint = element('p', { class: 'hint' });
  const open = actionButton('Open', () => stored_ledgers.open(), 'button', ' the stored ledger');
  const download = actionButton('Download', () => stored_ledgers.download(), 'button', ' the stored ledger');
  const remove = confirmedButton('Delete', ' the stored ledger', () => stored_ledgers.remove());
  const verbs = element('div', { class: 'verbs' }, open, download, remove);
  const status = element('p', { class: 'note', role: 'status' });
  const problem = element('p', { class: 'problem', role: 'alert' });
  const panel = byId('stored-ledger');
  panel.append(title, offer, hint, verbs, status, problem);

  const changed = changeDetector();
  /** @param {State} state */
  return (state) => {
    const { stored_ledger: shown, description } = state;
    const is_busy = isBusy(state);
    if (!changed(shown, description, is_busy)) return;
    const { ledger, status_text, error_text } = shown;
    panel.hidden = description === null || (!ledger && !status_text && !error_text);
    for (const part of [offer, verbs]) part.hidden = ledger === null;
    for (const button of [open, download, remove]) button.disabled = is_busy;
    const name = ledger ? ledgerName(ledger.run).replace(/^a/, 'A') : '';
    setText(offer, ledger ? `${name}, ${bytes(ledger.bytes)}, is stored in this browser.` : '');
    setText(hint, hintOf(ledger));
    setText(status, status_text);
    setText(problem, error_text);
  };
}

/** @param {StoredLedger | null} ledger */
function hintOf(ledger) {
  if (ledger?.is_being_written) return WRITTEN;
  return ledger?.run && ledger.run.trail_hash === null ? INTERRUPTED : '';
}

/** @param {string} text @param {string} subject @param {() => void} act */
function confirmedButton(text, subject, act) {
  let is_confirmed = false;
  const label = element('span', {}, text);
  const show = (/** @type {boolean} */ confirmed) => {
    is_confirmed = confirmed;
    setText(label, confirmed ? `Really ${text.toLowerCase()}` : text);
  };
  const button = actionButton('', () => {
    if (is_confirmed) act();
    show(!is_confirmed);
    setTimeout(() => show(false), CONFIRMATION_MS);
  }, 'button', subject);
  button.prepend(label);
  return button;
}

export function openedPanel() {
  const title = element('h2', { id: 'opened-title' }, 'Opened ledger');
  const name = element('p', { class: 'opened-name' });
  const result = element('p', { class: 'result-word mood', role: 'status' });
  const rows = element('dl', { class: 'opened-facts' });
  const note = element('p', { class: 'hint' });
  const panel = byId('opened');
  panel.append(title, name, result, rows, note);

  const changed = changeDetector();
  /** @param {State} state */
  return ({ opened_ledger, description }) => {
    if (!changed(opened_ledger, description)) return;
    panel.hidden = opened_ledger === null;
    if (!opened_ledger) return;
    const problem = problemOf(opened_ledger);
    panel.dataset.mood = problem ? 'bad' : 'good';
    setText(name, opened_ledger.name.replace(/^a/, 'A'));
    setText(result, problem ? `${ICONS.bad} ${problem}` : `${ICONS.good} Every entry is whole and equal to a serial run`);
    const facts = factsOf(opened_ledger);
    rows.replaceChildren(...facts.map(([term, text]) => element('div', {}, element('dt', {}, term), element('dd', {}, text))));
    setText(note, noteOf(opened_ledger));
  };
}

/** Returns what is wrong with an opened ledger; empty if nothing is. @param {OpenedLedger} opened */
function problemOf({ summary, reported_hash }) {
  if (summary.divergence) return `It differs from a serial run: ${summary.divergence.message}`;
  if (!summary.conserved) return 'Debits and credits are not equal';
  const is_other = reported_hash !== null && reported_hash !== summary.trail_hash;
  return is_other ? 'Its trail is not the one that its run has reported' : '';
}

/** @param {OpenedLedger} opened @returns {[string, string][]} */
function factsOf({ summary, reported_hash }) {
  const { entries, accounts, blocks, conserved, trail_hash } = summary;
  const agrees = reported_hash === trail_hash ? ', as its run has reported' : '';
  return [
    ['Entries', `${count(entries)} in ${count(blocks)} blocks of the log, each with its hash`],
    ['Accounts', count(accounts)],
    ['Conservation', conserved ? 'All debits equal all credits, posted and pending' : 'Debits and credits differ'],
    ['Trail hash', `${trail_hash}${agrees}`],
  ];
}

/** @param {OpenedLedger} opened */
function noteOf({ summary: { torn, was_closed } }) {
  const only_read = 'It is only read. Its accounts and its trail are below.';
  if (torn) return `After the last whole commit something was being written that was never acknowledged: ${asSentence(torn)} ${only_read}`;
  return was_closed ? only_read : `It was not closed: its page or process ended before. ${only_read}`;
}
