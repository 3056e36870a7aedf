/** Exchanges in the centre, traders around them, and the coins that moved since the previous sample. */
/** @import { AccountRange } from './account_roles.js' */
/** @import { Scene, View } from './scene.js' */
import { count, counted } from '../lib/format.js';
import { drawDisc, drawLine, drawText } from './drawing.js';
import { rangesOf } from './account_roles.js';
import { boundsOfDisc, coins, gainSincePrevious, shareOfInitial, targets, describeRange } from './scene.js';

/** More than this are drawn in groups. */
const TRADERS_MAX = 160;
const EXCHANGES_MAX = 48;
/** More than this are drawn in two rows. */
const ROW_MAX = 72;
const LEGEND_PX = 26;

/** @type {Scene} */
export const TRADING_FLOOR = {
  title: 'Trading floor',
  describe({ roles, current }) {
    const [exchange, trader] = [roles.role('exchange'), roles.role('trader')];
    const out = current.is_exact ? trader.count - current.withCoins(trader) : 0;
    return (
      `${counted(exchange.count, 'exchanges')} with ${coins(current.balance(exchange))}, ` +
      `${counted(trader.count, 'traders')} with ${coins(current.balance(trader))}` +
      `${out > 0 ? `; ${count(out)} have no coins` : ''}.`
    );
  },
  draw(context, view) {
    const { roles, width, height } = view;
    const [exchange, trader] = [roles.role('exchange'), roles.role('trader')];
    const traders = rangesOf(trader, TRADERS_MAX);
    const exchanges = rangesOf(exchange, EXCHANGES_MAX);
    const rows = traders.length > ROW_MAX ? 2 : 1;
    const radius = Math.min(11, Math.max(2.5, (Math.min(width, height) * 2.4 * rows) / traders.length / 2.6));
    const seats = traders.map((range, index) => {
      const inward = rows === 2 && index % 2 === 1 ? 0.84 : 1;
      return { range, ...onFloor(view, index / traders.length, inward, 2 * radius) };
    });
    const desks = exchanges.map((range, index) => {
      const inward = exchanges.length === 1 ? 0 : 0.36;
      return { range, ...onFloor(view, index / exchanges.length, inward, 0) };
    });
    drawFlows(context, view, seats);
    const items = [...seats, ...desks].map(({ range, x, y }) => {
      const role = range.first >= trader.first ? trader : exchange;
      const size = role === trader ? radius : 12;
      return drawAccount(context, view, { x, y }, range, role.coins, size);
    });
    if (exchanges.length > 1) {
      drawText(context, 'Exchanges', width / 2, (height - LEGEND_PX) / 2, { align: 'center', soft: true });
    }
    drawLegend(context, view);
    return targets(items, rows);
  },
};

/**
 * Returns a position on an ellipse that fills the scene.
 * @param {View} view
 * @param {number} part of the way around, from the top
 * @param {number} inward 1 at the edge, 0 in the middle
 * @param {number} margin
 */
function onFloor({ width, height }, part, inward, margin) {
  const at = part * 2 * Math.PI - Math.PI / 2;
  const below = height - LEGEND_PX;
  const x = width / 2 + Math.cos(at) * inward * (width / 2 - margin - 4);
  const y = below / 2 + Math.sin(at) * inward * (below / 2 - margin - 4);
  return { x, y };
}

/**
 * Draws flows to traders as solid lines, flows to exchanges as dashed lines.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {{ range: AccountRange, x: number, y: number }[]} seats
 */
function drawFlows(context, view, seats) {
  const flows = seats.map(({ range }) => gainSincePrevious(view, range));
  const most = flows.reduce((sum, flow) => Math.max(sum, Math.abs(flow)), 0);
  if (most === 0) return;
  const middle = { x: view.width / 2, y: (view.height - LEGEND_PX) / 2 };
  seats.forEach((seat, index) => {
    const flow = flows[index];
    if (flow === 0) return;
    const end = {
      x: middle.x + (seat.x - middle.x) * 0.46,
      y: middle.y + (seat.y - middle.y) * 0.46,
    };
    const width = 0.5 + (2.5 * Math.abs(flow)) / most;
    if (flow > 0) drawLine(context, end, seat, { token: '--line-1', width });
    else drawLine(context, seat, end, { token: '--line-4', width, dash: [4, 3] });
  });
}

/**
 * Draws an account with a size by its share of the initial coins; hollow without coins.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {import('./drawing.js').Point} seat
 * @param {AccountRange} range
 * @param {number} initial coins
 * @param {number} size
 */
function drawAccount(context, view, seat, range, initial, size) {
  const share = shareOfInitial(view, range, initial);
  const radius = Math.min(1.6, Math.max(0.45, Math.sqrt(Math.max(0, share)))) * size;
  if (share <= 0) drawDisc(context, seat, radius, '--border-strong', true);
  else drawDisc(context, seat, radius, share < 1 ? '--line-4' : '--line-1');
  return { ...boundsOfDisc(seat.x, seat.y, radius), describe: () => describeRange(view, range) };
}

/** @param {CanvasRenderingContext2D} context @param {View} view */
function drawLegend(context, { width, height }) {
  const y = height - LEGEND_PX / 2;
  const narrow = width < 460;
  const signs = [
    { token: '--line-1', words: narrow ? 'gained' : 'gained since the start' },
    { token: '--line-4', words: narrow ? 'lost' : 'lost since the start' },
    { token: '--border-strong', words: 'out of coins', hollow: true },
  ];
  let x = 8;
  for (const { token, words, hollow } of signs) {
    drawDisc(context, { x, y }, 4.5, token, hollow);
    x += 10;
    x += drawText(context, words, x, y + 0.5, { soft: true }) + 20;
  }
}
