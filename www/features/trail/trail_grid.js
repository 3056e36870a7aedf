/**
 * The table of entries. However many there are, it has as many rows as are in sight, and each frame
 * writes into them what stands there then; a row that was not read yet says so until it is there.
 */
/** @import { TrailExplorer } from './trail_explorer.js' */
/** @import { Amount, State, TrailEntry, TrailState } from '../../types.d.ts' */
import { element, freshId, setText } from '../../lib/dom.js';
import { cellsOf, placeholder } from './entry_text.js';
import { VirtualScroll } from './virtual_scroll.js';

/** As the style sheet has it. */
const ROW_PX = 30;
const HEAD_PX = 30;
const COLUMNS = /** @type {const} */ ([
  ['number', 'Row'],
  ['time', 'Timestamp'],
  ['from', 'From'],
  ['to', 'To'],
  ['amount', 'Amount'],
  ['status', 'Status'],
  ['who', 'Written by'],
]);
const LINE_PX = 40;

/** @param {TrailExplorer} explorer */
export function trailGrid(explorer) {
  const track = new VirtualScroll(ROW_PX);
  const head = element('div', { role: 'row', class: 'trail-row trail-head', 'aria-rowindex': 1 });
  head.append(
    ...COLUMNS.map(([name, title], index) => {
      const attributes = {
        role: 'columnheader',
        class: `trail-${name}`,
        'aria-colindex': index + 1,
      };
      return element('div', attributes, title);
    }),
  );
  const layer = element('div', { class: 'trail-layer', role: 'rowgroup' });
  const sight = element('div', { class: 'trail-sight', role: 'presentation' });
  sight.append(element('div', { role: 'rowgroup' }, head), layer);
  const height = element('div', { class: 'trail-height', 'aria-hidden': 'true' });
  const grid = element('div', {
    class: 'trail-grid',
    role: 'grid',
    tabindex: 0,
    'aria-label': 'Entries of the trail',
    'aria-colcount': COLUMNS.length,
  });
  grid.append(sight, height);

  /** @type {ReturnType<typeof slotOf>[]} */
  let slots = [];
  let awaited = false;
  /** The row that keys move; Enter opens it. */
  let active = 0;
  /** What this wrote into the browser's scroll position. */
  let written_px = 0;
  let touched = false;
  /** @type {TrailState | null} */
  let shown = null;

  /** @param {boolean} [moved] whether the browser's own position has to follow */
  const soon = (moved = false) => {
    if (moved) follows = true;
    if (awaited) return;
    awaited = true;
    requestAnimationFrame(draw);
  };
  let follows = false;
  const draw = () => {
    awaited = false;
    if (follows) {
      follows = false;
      // It is not read back, for that would have the page laid out in the middle of drawing.
      written_px = track.scroll_top_px;
      grid.scrollTop = written_px;
    }
    const { first } = track;
    layer.style.transform = `translateY(${-track.shift_px}px)`;
    slots.forEach((slot, index) => fill(slot, first + index));
    const last = Math.min(track.rows, first + slots.length) - 1;
    if (last >= first) explorer.row_cache?.setVisibleRows(first, last);
    const at = active - first;
    const isSeen = track.rows > 0 && at >= 0 && at < slots.length;
    if (isSeen) grid.setAttribute('aria-activedescendant', slots[at].row.id);
    else grid.removeAttribute('aria-activedescendant');
  };

  /** @param {ReturnType<typeof slotOf>} slot @param {number} row */
  const fill = (slot, row) => {
    const isThere = row < track.rows;
    slot.row.hidden = !isThere;
    if (!isThere) return;
    const entry = explorer.row_cache?.get(row);
    const cells = entry ? cellsOf(entry, row, explorer.account_layout) : placeholder(row);
    for (const [index, [name]] of COLUMNS.entries()) setText(slot.cells[index], cells[name]);
    const isOpen = isOf(entry, shown?.entry?.timestamp);
    const wrong = isOf(entry, shown?.divergence?.timestamp);
    const around = shown?.neighbours?.some((neighbour) => isOf(entry, neighbour.entry?.timestamp));
    mark(slot.row, 'coming', entry === undefined);
    mark(slot.row, 'refused', entry !== undefined && entry.status !== 'created');
    mark(slot.row, 'diverging', wrong);
    mark(slot.row, 'neighbour', around === true && !wrong);
    mark(slot.row, 'active', row === active);
    slot.row.setAttribute('aria-rowindex', String(row + 2));
    slot.row.setAttribute('aria-selected', String(isOpen));
  };

  new ResizeObserver(([{ contentRect }]) => {
    const sight_px = Math.max(ROW_PX, contentRect.height - HEAD_PX);
    const needed = Math.ceil(sight_px / ROW_PX) + 1;
    while (slots.length < needed) slots.push(slotOf());
    slots = slots.slice(0, needed);
    layer.replaceChildren(...slots.map(({ row }) => row));
    resize(track.rows, sight_px);
  }).observe(grid);

  let sight_px = ROW_PX;
  /** @param {number} rows @param {number} [seen_px] */
  const resize = (rows, seen_px = sight_px) => {
    sight_px = seen_px;
    track.resize(rows, sight_px);
    active = Math.min(active, Math.max(0, rows - 1));
    height.style.height = `${track.scrolled_px - sight_px}px`;
    grid.setAttribute('aria-rowcount', String(rows + 1));
    soon(true);
  };

  grid.addEventListener('scroll', () => {
    const { scrollTop } = grid;
    const way_px = scrollTop - written_px;
    if (Math.abs(way_px) < 1) return;
    // A finger moves what it touches, however much the whole is scaled.
    if (touched && track.isScaled) track.moveBy(way_px);
    else track.syncFromScrollTop(scrollTop);
    written_px = scrollTop;
    soon();
  });
  grid.addEventListener('touchstart', () => (touched = true), { passive: true });
  grid.addEventListener('scrollend', () => {
    if (touched && track.isScaled) soon(true);
    touched = false;
  });
  grid.addEventListener(
    'wheel',
    (event) => {
      // Where a pixel that is scrolled stands for many the wheel would skip rows.
      if (!track.isScaled || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      track.moveBy(
        event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_PX : event.deltaY,
      );
      soon(true);
    },
    { passive: false },
  );

  /** @param {number} row */
  const activate = (row) => {
    active = Math.min(Math.max(0, row), Math.max(0, track.rows - 1));
    track.reveal(active);
    soon(true);
  };
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => activate(active + 1),
    ArrowUp: () => activate(active - 1),
    PageDown: () => activate(active + track.page),
    PageUp: () => activate(active - track.page),
    Home: () => activate(0),
    End: () => activate(track.rows - 1),
    Enter: () => explorer.selectRow(active),
    ' ': () => explorer.selectRow(active),
  };
  grid.addEventListener('keydown', (event) => {
    if (event.altKey || event.metaKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  grid.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target).closest('[aria-rowindex]');
    const row = Number(target?.getAttribute('aria-rowindex')) - 2;
    if (!target || row < 0) return;
    activate(row);
    explorer.selectRow(row);
  });
  explorer.onRowsRead = () => soon();

  /** @param {State} state */
  const show = ({ trail }) => {
    if (trail === shown) return;
    const before = shown;
    shown = trail;
    if (trail.search !== before?.search) {
      active = 0;
      track.moveTo(0);
    }
    if (trail.count !== track.rows) resize(trail.count);
    if (trail.focus && trail.focus !== before?.focus) {
      active = trail.focus.row;
      track.center(active);
      soon(true);
    }
    grid.setAttribute('aria-busy', String(trail.searching));
    soon();
  };
  return { element: grid, show };
}

/** A row of the page, which shows one row of the trail after the other. */
function slotOf() {
  const row = element('div', { role: 'row', class: 'trail-row', id: freshId('entry') });
  const cells = COLUMNS.map(([name], index) =>
    element('div', { role: 'gridcell', class: `trail-${name}`, 'aria-colindex': index + 1 }),
  );
  row.append(...cells);
  return { row, cells };
}

/**
 * Whether an entry is the one of a timestamp; there is one of each.
 * @param {TrailEntry | undefined} entry
 * @param {Amount | null} [timestamp]
 */
function isOf(entry, timestamp) {
  return entry !== undefined && timestamp != null && String(entry.timestamp) === String(timestamp);
}

/** @param {Element} target @param {string} name @param {boolean} is */
function mark(target, name, is) {
  if (target.classList.contains(name) !== is) target.classList.toggle(name, is);
}
