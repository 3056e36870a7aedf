/**
 * The grid of entries. It has only as many row elements as are visible; each frame fills them with
 * the rows at the current scroll position. A row that is not read yet shows a placeholder.
 */
/** @import { Amount, App, State, TrailEntry } from '../../types.d.ts' */
import { element, freshId, setText } from '../../lib/dom.js';
import { cellsOf, placeholder } from './entry_text.js';
import { NO_TRAIL } from './trail_filter.js';
import { VirtualScroll } from './virtual_scroll.js';

/** As in the style sheet. */
const ROW_PX = 30;
const HEAD_PX = 30;
const COLUMNS = /** @type {const} */ ([
  ['number', 'Row'],
  ['time', 'Timestamp'],
  ['from', 'From'],
  ['to', 'To'],
  ['amount', 'Amount, coins'],
  ['status', 'Status'],
  ['writer', 'Written by'],
]);
const LINE_PX = 40;

/** @param {App} app */
export function trailGrid({ explorer, store }) {
  const scroll = new VirtualScroll(ROW_PX);
  const { grid, layer, height } = gridElements();
  /** The elements that show the visible rows. @type {ReturnType<typeof rowElement>[]} */
  let rows = [];
  let shown = NO_TRAIL;
  /** The row that keys move; Enter selects it. */
  let active = 0;
  let view_px = ROW_PX;
  let is_frame_requested = false;
  /** Whether the next frame sets the browser's scroll position, and the position last set. */
  let sets_scroll_top = false;
  let set_scroll_top_px = 0;

  /** @param {boolean} [is_moved] whether the browser's scroll position has to follow */
  const requestDraw = (is_moved = false) => {
    sets_scroll_top ||= is_moved;
    if (is_frame_requested) return;
    is_frame_requested = true;
    requestAnimationFrame(draw);
  };
  const draw = () => {
    is_frame_requested = false;
    if (sets_scroll_top) {
      sets_scroll_top = false;
      // Reading the position back would force a layout while drawing.
      set_scroll_top_px = scroll.scroll_top_px;
      grid.scrollTop = set_scroll_top_px;
    }
    const { first } = scroll;
    layer.style.transform = `translateY(${-scroll.shift_px}px)`;
    rows.forEach((row, index) => fill(row, first + index));
    const last = Math.min(scroll.rows, first + rows.length) - 1;
    if (last >= first) explorer.row_cache?.setVisibleRows(first, last);
    const active_row = scroll.rows > 0 ? rows[active - first] : undefined;
    if (active_row) grid.setAttribute('aria-activedescendant', active_row.row.id);
    else grid.removeAttribute('aria-activedescendant');
  };

  /** @param {ReturnType<typeof rowElement>} element @param {number} index */
  const fill = ({ row, cells }, index) => {
    row.hidden = index >= scroll.rows;
    if (row.hidden) return;
    const entry = explorer.row_cache?.get(index);
    const layout = store.state.account_layout;
    const texts = entry ? cellsOf(entry, index, layout) : placeholder(index);
    for (const [column, [name]] of COLUMNS.entries()) setText(cells[column], texts[name]);
    const { neighbours, divergence, entry: selected } = shown;
    const is_divergent = hasTimestamp(entry, divergence?.timestamp);
    const is_neighbour = neighbours?.some((neighbour) => hasTimestamp(entry, neighbour.entry?.timestamp));
    row.classList.toggle('loading', entry === undefined);
    row.classList.toggle('refused', entry !== undefined && entry.status !== 'created');
    row.classList.toggle('divergent', is_divergent);
    row.classList.toggle('neighbour', is_neighbour === true && !is_divergent);
    row.classList.toggle('active', index === active);
    row.setAttribute('aria-rowindex', String(index + 2));
    row.setAttribute('aria-selected', String(hasTimestamp(entry, selected?.timestamp)));
  };

  /** @param {number} count */
  const resize = (count) => {
    scroll.resize(count, view_px);
    active = Math.min(active, Math.max(0, count - 1));
    height.style.height = `${scroll.scrolled_px - view_px}px`;
    grid.setAttribute('aria-rowcount', String(count + 1));
    requestDraw(true);
  };
  new ResizeObserver(([{ contentRect }]) => {
    view_px = Math.max(ROW_PX, contentRect.height - HEAD_PX);
    const needed = Math.ceil(view_px / ROW_PX) + 1;
    while (rows.length < needed) rows.push(rowElement());
    rows = rows.slice(0, needed);
    layer.replaceChildren(...rows.map(({ row }) => row));
    resize(scroll.rows);
  }).observe(grid);

  followScrolling(grid, scroll, {
    requestDraw,
    distanceTo: (scroll_top_px) => scroll_top_px - set_scroll_top_px,
    moved: (scroll_top_px) => (set_scroll_top_px = scroll_top_px),
  });

  /** @param {number} row */
  const activate = (row) => {
    active = Math.min(Math.max(0, row), Math.max(0, scroll.rows - 1));
    scroll.reveal(active);
    requestDraw(true);
  };
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => activate(active + 1),
    ArrowUp: () => activate(active - 1),
    PageDown: () => activate(active + scroll.page),
    PageUp: () => activate(active - scroll.page),
    Home: () => activate(0),
    End: () => activate(scroll.rows - 1),
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
  explorer.onRowsRead = () => requestDraw();

  /** @param {State} state */
  const show = ({ trail }) => {
    const last = shown;
    shown = trail;
    if (trail.search !== last.search) {
      active = 0;
      scroll.moveTo(0);
    }
    if (trail.count !== scroll.rows) resize(trail.count);
    if (trail.focus && trail.focus !== last.focus) {
      active = trail.focus.row;
      scroll.center(active);
      requestDraw(true);
    }
    grid.setAttribute('aria-busy', String(trail.searching));
    requestDraw();
  };
  return { element: grid, show };
}

/** Builds the grid with its headings, and the layer that the rows are put into. */
function gridElements() {
  const head = element('div', { role: 'row', class: 'trail-row trail-head', 'aria-rowindex': 1 });
  const headings = COLUMNS.map(([name, title], index) => {
    const attributes = { class: `trail-${name}`, 'aria-colindex': index + 1 };
    return element('div', { role: 'columnheader', ...attributes }, title);
  });
  head.append(...headings);
  const layer = element('div', { class: 'trail-layer', role: 'rowgroup' });
  const view = element('div', { class: 'trail-view', role: 'presentation' });
  view.append(element('div', { role: 'rowgroup' }, head), layer);
  const height = element('div', { class: 'trail-height', 'aria-hidden': 'true' });
  const attributes = { 'aria-label': 'Entries of the trail', 'aria-colcount': COLUMNS.length };
  const grid = element('div', { class: 'trail-grid', role: 'grid', tabindex: 0, ...attributes });
  grid.append(view, height);
  return { grid, layer, height };
}

/**
 * Moves the virtual scroll position with the browser's, by wheel, finger or scroll bar.
 * @param {HTMLElement} grid
 * @param {VirtualScroll} scroll
 * @param {{ requestDraw: (is_moved?: boolean) => void, distanceTo: (px: number) => number,
 *   moved: (px: number) => void }} position
 */
function followScrolling(grid, scroll, { requestDraw, distanceTo, moved }) {
  let is_touched = false;
  grid.addEventListener('scroll', () => {
    const { scrollTop } = grid;
    const distance_px = distanceTo(scrollTop);
    if (Math.abs(distance_px) < 1) return;
    // A finger moves the rows that it touches, at any scale.
    if (is_touched && scroll.is_scaled) scroll.moveBy(distance_px);
    else scroll.syncFromScrollTop(scrollTop);
    moved(scrollTop);
    requestDraw();
  });
  grid.addEventListener('touchstart', () => (is_touched = true), { passive: true });
  grid.addEventListener('scrollend', () => {
    if (is_touched && scroll.is_scaled) requestDraw(true);
    is_touched = false;
  });
  /** @param {WheelEvent} event */
  const turnWheel = (event) => {
    // At a scale the wheel would skip rows.
    const { deltaY, deltaMode, ctrlKey } = event;
    if (!scroll.is_scaled || ctrlKey || deltaY === 0) return;
    event.preventDefault();
    scroll.moveBy(deltaMode === WheelEvent.DOM_DELTA_LINE ? deltaY * LINE_PX : deltaY);
    requestDraw(true);
  };
  grid.addEventListener('wheel', turnWheel, { passive: false });
}

function rowElement() {
  const row = element('div', { role: 'row', class: 'trail-row', id: freshId('entry') });
  const cells = COLUMNS.map(([name], index) =>
    element('div', { role: 'gridcell', class: `trail-${name}`, 'aria-colindex': index + 1 }),
  );
  row.append(...cells);
  return { row, cells };
}

/**
 * Whether an entry has this timestamp, which is unique.
 * @param {TrailEntry | undefined} entry
 * @param {Amount | null} [timestamp]
 */
function hasTimestamp(entry, timestamp) {
  return entry !== undefined && timestamp != null && String(entry.timestamp) === String(timestamp);
}
