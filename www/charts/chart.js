/** A chart of a run: a figure with lines over time, and the same numbers as a table. */
import uPlot from 'uplot';
import { actionButton, element, freshId, setText } from '../lib/dom.js';
import { tick, timeUnit } from '../lib/format.js';
import { saveFile } from '../lib/save_file.js';
import { chartPng } from '../report/png_export.js';
import { chartTable } from './chart_table.js';
import { legendSwatch } from './legend_swatch.js';
import { onColoursChanged, tokenColour } from './palette.js';
import { drawAnnotations, drawPreviousRun } from './plot_overlays.js';
import { FROM_ZERO } from './scales.js';

const FONT = '11px system-ui, sans-serif';
/** The least width of an axis. Longer labels widen it. */
const AXIS_WIDTH = 46;
const AXIS_GAP = 8;
/** Space for a half of the last label of the time axis. */
const RIGHT_PADDING = 24;
/** Between the cursor and what it points at. */
const TOOLTIP_GAP = 10;
/** More lines than this have no legend: a table names each worker. */
const LEGEND_MAX = 4;

/**
 * @typedef {object} Line
 * @property {string} label of the line, with its unit
 * @property {string} token its colour
 * @property {string} [fill] the colour below it
 * @property {number[]} [dash]
 * @property {boolean} [is_previous_run] whether it belongs to the previous run
 * @property {boolean} [table_only]
 */

/**
 * A labelled moment, drawn across the lines. The events panel has it as text.
 * @typedef {object} Annotation
 * @property {number} at_ns
 * @property {string} label
 */

/**
 * @typedef {object} ChartData
 * @property {number[]} times_ns
 * @property {Line[]} lines
 * @property {(number | null)[][]} columns one for each line; null where a line has no value
 * @property {Annotation[]} [annotations]
 * @property {import('./time_series.js').PreviousRun} [previous_run] with its own times; the last line
 *   has its values over the times of this chart, for the table
 * @property {string} [note] what a value is about, beside the title
 * @property {number} [end_ns] where the time axis ends, if that is later
 */

export class Chart {
  /** @type {uPlot | null} */
  #plot = null;
  /** @type {ChartData} */
  #shown = { times_ns: [], lines: [], columns: [] };
  /** What uPlot draws: the times, and a column for each line. @type {(number | null)[][]} */
  #data = [];
  /** The subtitle of a PNG export, and its file name. */
  #subject = { text: '', file: '' };
  /** What a value is about, beside the title. */
  #note = element('span', { class: 'note' });
  #title;
  #scale;
  #table;
  #readout = element('div', { class: 'readout', hidden: true });
  #legend = element('span', { class: 'legend' });
  #empty;
  #plot_area = element('div', { class: 'plot', 'aria-hidden': 'true' });
  #save = actionButton('Save as PNG', () => this.#savePng());
  /** Set by the observer: reading it from the document would force a layout while drawing. */
  #size = { width: 300, height: 180 };

  /**
   * @param {object} options
   * @param {string} options.title
   * @param {string} options.empty what the chart shows, until there is something to draw
   * @param {string} [options.kind]
   * @param {import('./scales.js').ValueScale} [options.scale]
   */
  constructor({ title, empty, kind = '', scale = FROM_ZERO }) {
    this.#title = title;
    this.#scale = scale;
    this.#save.setAttribute('aria-label', `Save as PNG: ${title}`);
    this.#save.hidden = true;
    const caption = element('figcaption', { id: freshId('chart') }, title);
    this.#empty = element('p', { class: 'chart-empty' }, empty);
    this.#table = chartTable(title);
    this.element = element(
      'figure',
      { class: `card chart ${kind}`, 'aria-labelledby': caption.id },
      element('div', { class: 'caption' }, caption, this.#note, this.#legend, this.#save),
      element('div', { class: 'plot-area' }, this.#plot_area, this.#readout, this.#empty),
      this.#table.element,
    );
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = { width: contentRect.width, height: contentRect.height };
      this.#plot?.setSize(this.#size);
    }).observe(this.#plot_area);
    onColoursChanged(() => this.#plot?.redraw());
  }

  /** The title as a part of a file name. */
  get name() {
    return this.#title.toLowerCase().replace(/[^a-z]+/g, '-');
  }

  /**
   * @param {string} text which run the chart shows
   * @param {string} file name of a PNG export, without extension
   */
  setSubject(text, file) {
    this.#subject = { text, file };
  }

  async #savePng() {
    const canvas = this.#plot?.ctx.canvas;
    if (!canvas) return;
    const { text, file } = this.#subject;
    const lines = this.#shown.lines.filter(({ table_only }) => !table_only);
    const named = lines.map((line) => ({ ...line, label: shortLabel(line.label) }));
    const note = this.#note.textContent;
    const title = note ? `${this.#title}, ${note}` : this.#title;
    const texts = { title, subtitle: text, lines: named };
    saveFile(await chartPng(canvas, texts), `${file}.png`);
  }

  /**
   * @param {ChartData} data
   * @param {boolean} is_final whether the run has finished
   */
  show(data, is_final) {
    const { times_ns, lines, columns, note = '' } = data;
    setText(this.#note, note);
    const labels = lines.map(({ label }) => label);
    if (lines !== this.#shown.lines && !areSame(lines, this.#shown.lines)) this.#setLines(lines);
    this.#shown = data;
    const is_empty = !(times_ns[times_ns.length - 1] > 0);
    this.#empty.hidden = !is_empty;
    this.#save.hidden = is_empty || !is_final;
    this.#plot_area.classList.toggle('waiting', is_empty);
    this.#data = is_empty ? [[], ...columns.map(() => [])] : [times_ns, ...columns];
    const aligned = /** @type {uPlot.AlignedData} */ (this.#data);
    // It is drawn now rather than after the frame, so that the frame budget includes it.
    if (this.#plot) this.#plot.batch((/** @type {uPlot} */ plot) => plot.setData(aligned));
    else this.#plot = new uPlot(this.#options(), aligned, this.#plot_area);
    const [times, ...values] = this.#data;
    this.#table.show(labels, /** @type {number[]} */ (times), values, is_final);
  }

  /** @param {Line[]} lines */
  #setLines(lines) {
    const drawn = lines.filter(({ table_only }) => !table_only);
    const named = drawn.length > LEGEND_MAX ? [] : drawn;
    this.#legend.replaceChildren(
      ...named.map((line) => element('span', {}, legendSwatch(line), shortLabel(line.label))),
    );
    this.#shown = { ...this.#shown, lines };
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** @returns {uPlot.Options} */
  #options() {
    const scale = this.#scale;
    return {
      ...this.#size,
      legend: { show: false },
      padding: [10, scale.right ? 0 : RIGHT_PADDING, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 6 },
        sync: { key: 'run' },
      },
      hooks: {
        setCursor: [(plot) => this.#showCursor(plot)],
        draw: [
          (plot) => drawPreviousRun(plot, this.#shown.previous_run),
          (plot) => drawAnnotations(plot, this.#shown.annotations ?? []),
        ],
      },
      scales: {
        x: { time: false, range: (_, min, max) => [min, Math.max(max, this.#shown.end_ns ?? 0)] },
        y: scale.uplot(() => this.#shown.previous_run),
      },
      axes: [TIME_AXIS, leftAxis(scale), ...(scale.right ? [rightAxis(scale.right)] : [])],
      series: [{}, ...this.#shown.lines.map(seriesOf)],
    };
  }

  /** @param {uPlot} plot */
  #showCursor(plot) {
    const { idx: index } = plot.cursor;
    const readout = this.#readout;
    readout.hidden = index === null || index === undefined;
    if (index === null || index === undefined) {
      readout.replaceChildren();
      return;
    }
    const at_ns = this.#data[0][index] ?? 0;
    const unit = timeUnit(this.#data[0].at(-1) ?? 0);
    const { text, right } = this.#scale;
    const lines = this.#shown.lines.slice(0, LEGEND_MAX);
    const values = lines.flatMap(({ label, table_only }, line) => {
      const value = this.#data[line + 1][index];
      if (value === null || table_only) return [];
      return `${shortLabel(label)} ${text(value)}${right ? ` (${right(value)})` : ''}`;
    });
    const time = `${tick(at_ns / unit.nanoseconds)} ${unit.symbol}`;
    readout.replaceChildren(...[`${time}:`, ...values].map((text) => element('div', {}, text)));
    // Beside the cursor, on the side with more room.
    const left = plot.over.offsetLeft + (plot.cursor.left ?? 0);
    const is_right = left > this.#size.width / 2;
    readout.style.left = is_right ? 'auto' : `${left + TOOLTIP_GAP}px`;
    readout.style.right = is_right ? `${this.#size.width - left + TOOLTIP_GAP}px` : 'auto';
  }
}

const AXIS = {
  font: FONT,
  stroke: () => tokenColour('--text-soft'),
  ticks: { show: false },
};

/** @type {uPlot.Axis} */
const TIME_AXIS = {
  ...AXIS,
  grid: { show: false },
  space: 80,
  size: 26,
  gap: 6,
  values: (plot, splits) => {
    const unit = timeUnit(plot.scales.x.max ?? 0);
    return splits.map((at) => `${tick(at / unit.nanoseconds)} ${unit.symbol}`);
  },
};

/**
 * Returns the width of the longest label with its gap, so that none is clipped.
 * @param {uPlot} plot
 * @param {string[] | null} values
 */
function axisWidth(plot, values) {
  const { ctx: context } = plot;
  context.save();
  context.font = FONT;
  const widths = (values ?? []).map((text) => context.measureText(String(text)).width);
  context.restore();
  return Math.ceil(Math.max(AXIS_WIDTH, ...widths.map((width) => width + AXIS_GAP + 4)));
}

/** @param {import('./scales.js').ValueScale} scale @returns {uPlot.Axis} */
function leftAxis({ text, splits, unit }) {
  return {
    ...AXIS,
    grid: { stroke: () => tokenColour('--grid'), width: 1 },
    space: 34,
    size: axisWidth,
    gap: AXIS_GAP,
    // Exactly these values are labelled.
    ...(splits && { splits: (_, __, min, max) => splits(min, max), filter: (_, all) => all }),
    ...(unit && { label: unit, labelFont: FONT, labelSize: 16, labelGap: 2 }),
    values: (_, values) => values.map(text),
  };
}

/** @param {(value: number) => string} text @returns {uPlot.Axis} */
function rightAxis(text) {
  const layout = { side: 1, grid: { show: false }, space: 34, size: axisWidth, gap: AXIS_GAP };
  return { ...AXIS, ...layout, values: (_, values) => values.map(text) };
}

/** @param {Line[]} lines @param {Line[]} others */
function areSame(lines, others) {
  const isSame = (/** @type {Line} */ { label, token }, /** @type {number} */ index) => {
    return label === others[index].label && token === others[index].token;
  };
  return lines.length === others.length && lines.every(isSame);
}

/**
 * Returns a label without the unit that the title has: "accepted" for "Accepted per second".
 * @param {string} label
 */
function shortLabel(label) {
  return label.replace(/ (per second|so far|in ns)\b/, '').toLowerCase();
}

/** @param {Line} line @returns {uPlot.Series} */
function seriesOf({ label, token, fill, dash, is_previous_run, table_only }) {
  return {
    label,
    // Not drawn by uPlot and not part of the range of the axis.
    ...(is_previous_run || table_only ? { auto: false, paths: () => null } : {}),
    // A sample without a value is unknown, not an interruption.
    spanGaps: true,
    stroke: () => tokenColour(token),
    fill: fill ? () => tokenColour(fill) : undefined,
    width: 1.5,
    dash,
    points: { show: false },
  };
}
