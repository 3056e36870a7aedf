/** The sections of the page: which are shown, and the navigation to them. */
/** @import { State } from '../types.d.ts' */
import { byId, element } from '../lib/dom.js';

/** The sections that the navigation names, in their order. */
const NAMED = {
  parameters: 'Scenario',
  state: 'Run',
  checks: 'Checks',
  accounts: 'Accounts',
  trail: 'Trail',
  compare: 'Compare',
  history: 'History',
  console: 'API',
};

/** The parts that show a run. Without one they have nothing to say. */
const OF_RUN = ['result', 'money', 'numbers', 'charts', 'checks', 'details', 'accounts', 'trail'];

/** Those of them that also show a ledger without a run. */
const OF_OPENED = ['accounts', 'trail'];

/** The other parts that need a ledger. */
const OF_LEDGER = ['compare', 'history'];

/** The part that also works with the ledger of a server. */
const OF_API = 'console';

export function sections() {
  const links = Object.entries(NAMED).map(([id, title]) => {
    return { section: byId(id), link: element('a', { href: `#${id}` }, title) };
  });
  byId('sections').replaceChildren(...links.map(({ link }) => link));
  const ledger_parts = OF_LEDGER.map(byId);
  const api_part = byId(OF_API);
  const fields = byId('parameters');
  const run_parts = OF_RUN.map(byId);
  markCurrent(links);

  /** @param {State} state */
  return ({ error, description, current_run, opened_ledger }) => {
    // All appear at once, so that nothing moves while the ledger is loading.
    for (const part of ledger_parts) part.hidden = description === null;
    for (const part of run_parts) {
      const is_shown = current_run !== null || (opened_ledger !== null && OF_OPENED.includes(part.id));
      part.hidden = description === null || !is_shown;
    }
    api_part.hidden = description === null && error === null;
    // Its column is there from the beginning.
    fields.hidden = description === null && error !== null;
    fields.toggleAttribute('data-ready', description !== null);
    for (const { section, link } of links) link.hidden = section.hidden;
  };
}

/** Marks the section in the middle of the window. @param {{ section: HTMLElement, link: HTMLElement }[]} links */
function markCurrent(links) {
  const in_middle = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) in_middle.add(target);
        else in_middle.delete(target);
      }
      // The fields can be beside the other sections.
      const current = links.findLast(({ section }) => in_middle.has(section));
      for (const { link } of links) {
        if (link === current?.link) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    },
    { rootMargin: '-45% 0px -50%' },
  );
  for (const { section } of links) observer.observe(section);
}
