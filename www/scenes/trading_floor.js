/** Exchanges in the middle, traders around them, and the coins that went to and fro since the look before. */
/** @import { AccountRange } from './account_roles.js' */
/** @import { Scene, View } from './scene.js' */
import { count, counted } from '../lib/format.js';
import { drawDisc, drawLine, drawText } from './drawing.js';
import { groupsOf } from './account_roles.js';
import { boundsOfDisc, coins, gainSincePrevious, shareOfInitial, targets, describeRange } from './scene.js';

/** More than this are drawn as groups. */
const TRADERS_MAX = 160;
const EXCHANGES_MAX = 48;
/** More than this stand in two rows. */
const ROW_MAX = 72;
const LEGEND_PX = 26;

/** @type {Scene} */
export const TRADING_FLOOR = {
  title: 'Trading floor',
  describe({ roles, current }) {
    const [exchange, trader] = [roles.role('exchange'), roles.role('trader')];
    const out = current.isExact ? trader.count - current.having(trader) : 0;
    return (
      `${counted(exchange.count, 'exchanges')} have ${coins(current.balance(exchange))}, ` +
      `${counted(trader.count, 'traders')} have ${coins(current.balance(trader))}` +
      `${out > 0 ? `; ${count(out)} of them have none` : ''}.`
    );
  },
  draw(pen, view) {
    const { roles, width, height } = view;
    const [exchange, trader] = [roles.role('exchange'), roles.role('trader')];
    const traders = groupsOf(trader, TRADERS_MAX);
    const exchanges = groupsOf(exchange, EXCHANGES_MAX);
    const rows = traders.length > ROW_MAX ? 2 : 1;
    const radius = Math.min(11, Math.max(2.5, (Math.min(width, height) * 2.4 * rows) / traders.length / 2.6));
    const seats = traders.map((group, index) => {
      const inward = rows === 2 && index % 2 === 1 ? 0.84 : 1;
      return { group, ...onFloor(view, index / traders.length, inward, 2 * radius) };
    });
    const desks = exchanges.map((group, index) => {
      const inward = exchanges.length === 1 ? 0 : 0.36;
      return { group, ...onFloor(view, index / exchanges.length, inward, 0) };
    });
    drawFlows(pen, view, seats);
    const items = [...seats, ...desks].map(({ group, x, y }) => {
      const role = group.first >= trader.first ? trader : exchange;
      const size = role === trader ? radius : 12;
      return drawAccount(pen, view, { x, y }, group, role.coins, size);
    });
    if (exchanges.length > 1) {
      drawText(pen, 'Exchanges', width / 2, (height - LEGEND_PX) / 2, { align: 'center', soft: true });
    }
    drawLegend(pen, view);
    return targets(items, rows);
  },
};

/**
 * A place on an oval that fills the picture.
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
 * Coins that went to traders as whole lines, those that went to exchanges as broken ones.
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {{ group: AccountRange, x: number, y: number }[]} seats
 */
function drawFlows(pen, view, seats) {
  const flows = seats.map(({ group }) => gainSincePrevious(view, group));
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
    if (flow > 0) drawLine(pen, end, seat, { token: '--line-1', width });
    else drawLine(pen, seat, end, { token: '--line-4', width, dash: [4, 3] });
  });
}

/**
 * As large as what it has compares with what it had at first; hollow, where it has nothing.
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {import('./drawing.js').Point} seat
 * @param {AccountRange} group
 * @param {number} given
 * @param {number} size
 */
function drawAccount(pen, view, seat, group, given, size) {
  const share = shareOfInitial(view, group, given);
  const radius = Math.min(1.6, Math.max(0.45, Math.sqrt(Math.max(0, share)))) * size;
  if (share <= 0) drawDisc(pen, seat, radius, '--border-strong', true);
  else drawDisc(pen, seat, radius, share < 1 ? '--line-4' : '--line-1');
  return { ...boundsOfDisc(seat.x, seat.y, radius), told: () => describeRange(view, group) };
}

/** @param {CanvasRenderingContext2D} pen @param {View} view */
function drawLegend(pen, { width, height }) {
  const y = height - LEGEND_PX / 2;
  const narrow = width < 460;
  const signs = [
    { token: '--line-1', words: narrow ? 'gained' : 'has gained since the start' },
    { token: '--line-4', words: narrow ? 'lost' : 'has lost' },
    { token: '--border-strong', words: narrow ? 'out of coins' : 'is out of coins', hollow: true },
  ];
  let x = 8;
  for (const { token, words, hollow } of signs) {
    drawDisc(pen, { x, y }, 4.5, token, hollow);
    x += 10;
    x += drawText(pen, words, x, y + 0.5, { soft: true }) + 20;
  }
}
