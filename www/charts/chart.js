/** A chart of a run: a named figure with lines over time, and the same numbers as a table. */
import uPlot from 'uplot';
import { dataTable } from '../lib/data_table.js';
import { element, freshId, setText } from '../lib/dom.js';
import { tick, timeUnit } from '../lib/format.js';
import { drawPreviousRun } from './previous_run.js';
import { legendSwatch } from './legend_swatch.js';
import { drawAnnotations } from './annotations.js';
import { tokenColour, onColourChange } from './palette.js';
import { FROM_ZERO } from './scales.js';
import { chartPng } from '../report/png_export.js';
import { saveFile } from '../lib/save_file.js';

const FONT = '11px system-ui, sans-serif';
const AXIS_WIDTH = 46;
const BESIDE_WIDTH = 56;
/** More lines than this are named where there is more room: each worker has a row in a table. */
const LEGEND_MAX = 4;

/**
 * @typedef {object} Line
 * @property {string} label of the line, with its unit
 * @property {string} token its colour
 * @property {string} [fill] the colour below it
 * @property {number[]} [dash]
 * @property {boolean} [ghostly] whether it is another run's
 * @property {boolean} [tabled] whether it stands in the table only
 */

/**
 * A moment that is drawn across the lines. Those who cannot see it are told elsewhere.
 * @typedef {object} Annotation
 * @property {number} at_ns
 * @property {string} label
 */

export class Chart {
  /** @type {uPlot | null} */
  #plot = null;
  /** @type {Line[]} */
  #lines = [];
  /** @type {(number | null)[][]} */
  #data = [];
  /** What stands below the title of its picture, and what the file is called. */
  #subject = { words: '', file: '' };
  /** @type {Annotation[]} */
  #marks = [];
  /** @type {import('./time_series.js').PreviousRun | null} */
  #ghost = null;
  #table;
  #readout = element('span', { class: 'readout' });
  #legend = element('span', { class: 'legend' });
  #empty;
  #stage;
  #title;
  #height;
  #end_ns = 0;
  #save = element('button', { type: 'button', class: 'quiet', hidden: true }, 'Save as PNG');
  /**
   * As the observer tells it: to ask for it would have the page laid out in the middle of drawing.
   */
  #size = { width: 300, height: 180 };

  /**
   * @param {object} options
   * @param {string} options.title
   * @param {string} options.empty what will be drawn here, until there is something to draw
   * @param {string} [options.kind]
   * @param {import('./scales.js').ValueScale} [options.height]
   */
  constructor({ title, empty, kind = '', height = FROM_ZERO }) {
    this.#title = title;
    this.#height = height;
    this.#save.setAttribute('aria-label', `Save as PNG: ${title}`);
    this.#save.addEventListener('click', () => this.#savePicture());
    const caption = element('figcaption', { id: freshId('chart') }, title);
    this.#empty = element('p', { class: 'chart-empty' }, empty);
    this.#stage = element('div', { class: 'plot', 'aria-hidden': 'true' });
    this.#table = dataTable(title);
    this.element = element(
      'figure',
      { class: `card chart ${kind}`, 'aria-labelledby': caption.id },
      element('div', { class: 'caption' }, caption, this.#legend, this.#readout, this.#save),
      element('div', { class: 'stage' }, this.#stage, this.#empty),
      this.#table.element,
    );
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = { width: contentRect.width, height: contentRect.height };
      this.#plot?.setSize(this.#size);
    }).observe(this.#stage);
    onColourChange(() => this.#plot?.redraw());
  }

  /** Its title as a part of a file's name. */
  get name() {
    return this.#title.toLowerCase().replace(/[^a-z]+/g, '-');
  }

  /** @param {Line[]} lines */
  setLines(lines) {
    this.#lines = lines;
    const drawn = lines.filter(({ tabled }) => !tabled);
    const named = drawn.length > LEGEND_MAX ? [] : drawn;
    this.#legend.replaceChildren(
      ...named.map((line) => element('span', {}, legendSwatch(line), short(line.label))),
    );
    this.#plot?.destroy();
    this.#plot = null;
  }

  /**
   * Drawn with the lines that are shown next.
   * @param {Annotation[]} marks
   */
  setAnnotations(marks) {
    this.#marks = marks;
  }

  /**
   * The course of another run, drawn with the lines that are shown next. The last line names it,
   * and has its values over this chart's own times, for the table.
   * @param {import('./time_series.js').PreviousRun | null} ghost
   */
  setPreviousRun(ghost) {
    this.#ghost = ghost;
  }

  /**
   * @param {string} words of which run it is
   * @param {string} file name of its picture, without the ending
   */
  setSubject(words, file) {
    this.#subject = { words, file };
  }

  async #savePicture() {
    const canvas = this.#plot?.ctx.canvas;
    if (!canvas) return;
    const { words, file } = this.#subject;
    const told = { title: this.#title, subtitle: words, lines: this.#lines };
    saveFile(await chartPng(canvas, told), `${file}.png`);
  }

  /**
   * @param {number[]} times_ns
   * @param {(number | null)[][]} columns one for each line; nothing where a line has ended
   * @param {boolean} final whether this is how it stays
   * @param {number} [end_ns] where its time ends, if that is later
   */
  show(times_ns, columns, final, end_ns = 0) {
    this.#end_ns = end_ns;
    const isEmpty = !(times_ns[times_ns.length - 1] > 0);
    this.#empty.hidden = !isEmpty;
    this.#save.hidden = isEmpty || !final;
    this.#stage.classList.toggle('waiting', isEmpty);
    this.#data = isEmpty ? [[], ...columns.map(() => [])] : [times_ns, ...columns];
    const data = /** @type {uPlot.AlignedData} */ (this.#data);
    // At once, and not after the frame: whoever counts what the frame costs counts this as well.
    if (this.#plot) this.#plot.batch((/** @type {uPlot} */ plot) => plot.setData(data));
    else this.#plot = new uPlot(this.#options(), data, this.#stage);
    this.#table.show(
      this.#lines.map(({ label }) => label),
      /** @type {number[]} */ (this.#data[0]),
      this.#data.slice(1),
      final,
    );
  }

  /** @returns {uPlot.Options} */
  #options() {
    const { tell, splits, unit, beside } = this.#height;
    const axis = {
      font: FONT,
      stroke: () => tokenColour('--text-soft'),
      ticks: { show: false },
    };
    const grid = { stroke: () => tokenColour('--grid'), width: 1 };
    return {
      ...this.#size,
      legend: { show: false },
      padding: [10, 14, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 6 },
        sync: { key: 'run' },
      },
      hooks: {
        setCursor: [(plot) => this.#showCursor(plot)],
        draw: [(plot) => drawPreviousRun(plot, this.#ghost), (plot) => drawAnnotations(plot, this.#marks)],
      },
      scales: {
        x: { time: false, range: (_, least, most) => [least, Math.max(most, this.#end_ns)] },
        y: this.#height.scale(this.#ghost),
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 80,
          size: 26,
          gap: 6,
          values: (plot, splits) => {
            const unit = timeUnit(plot.scales.x.max ?? 0);
            return splits.map((at) => `${tick(at / unit.nanoseconds)} ${unit.symbol}`);
          },
        },
        {
          ...axis,
          grid,
          space: 34,
          size: AXIS_WIDTH,
          gap: 8,
          ...(splits ? splitBy(splits) : {}),
          ...(unit ? { label: unit, labelFont: FONT, labelSize: 16, labelGap: 2 } : {}),
          values: tellEach(tell),
        },
        ...(beside ? [{ ...axis, ...RIGHT, values: tellEach(beside) }] : []),
      ],
      series: [{}, ...this.#lines.map(series)],
    };
  }

  /** @param {uPlot} plot */
  #showCursor(plot) {
    const index = plot.cursor.idx;
    if (index === null || index === undefined) {
      setText(this.#readout, '');
      return;
    }
    const at = this.#data[0][index] ?? 0;
    const unit = timeUnit(this.#data[0].at(-1) ?? 0);
    const { tell, beside } = this.#height;
    const values = this.#lines.slice(0, LEGEND_MAX).flatMap(({ label, tabled }, line) => {
      const value = this.#data[line + 1][index];
      if (value === null || tabled) return [];
      const also = beside ? ` (${beside(value)})` : '';
      return `${short(label)} ${tell(value)}${also}`;
    });
    setText(this.#readout, `${tick(at / unit.nanoseconds)} ${unit.symbol}: ${values.join(', ')}`);
  }
}

const RIGHT = { side: 1, grid: { show: false }, space: 34, size: BESIDE_WIDTH, gap: 8 };

/**
 * All of these values and no others.
 * @param {(least: number, most: number) => number[]} splits
 * @returns {uPlot.Axis}
 */
function splitBy(splits) {
  return { splits: (_, __, least, most) => splits(least, most), filter: (_, all) => all };
}

/** @param {(value: number) => string} tell */
function tellEach(tell) {
  /** @param {uPlot} _ @param {number[]} splits */
  return (_, splits) => splits.map(tell);
}

/**
 * A label without the unit that the title names: "accepted" of "Accepted per second".
 * @param {string} label
 */
function short(label) {
  return label.replace(/ (per second|so far|in ns)\b/, '').toLowerCase();
}

/**
 * @param {Line} line
 * @returns {uPlot.Series}
 */
function series({ label, token, fill, dash, ghostly, tabled }) {
  return {
    label,
    // It is drawn by itself or not at all, and does not decide how high the chart is.
    ...(ghostly || tabled ? { auto: false, paths: () => null } : {}),
    // A look without a figure is a gap in knowledge, not in time.
    spanGaps: true,
    stroke: () => tokenColour(token),
    fill: fill ? () => tokenColour(fill) : undefined,
    width: 1.5,
    dash,
    points: { show: false },
  };
}
