/** Accounts in a ring, each of which pays the next one, and the workers that wait for latches. */
/** @import { State, LatchWait } from '../types.d.ts' */
/** @import { Point } from './drawing.js' */
/** @import { Scene, View } from './scene.js' */
import { eventsOf } from '../features/run/events.js';
import { count, counted } from '../lib/format.js';
import { asSentence } from '../lib/user_error.js';
import { deadlockCycle } from './deadlock_cycle.js';
import { drawArrow, drawLabel, drawDisc, drawText } from './drawing.js';
import { rangesOf } from './account_roles.js';
import { boundsOfDisc, coins, shareOfInitial, targets, describeRange } from './scene.js';

const ACCOUNTS_MAX = 48;
const NAMED_MAX = 12;
/** On narrower scenes workers are labelled by number only. */
const NARROW_PX = 480;

/** @type {Scene} */
export const RING = {
  title: 'Ring',
  describe({ roles, current, sample, state }) {
    const account = roles.role('account');
    const ring = `${counted(account.count, 'accounts')} in a ring have ${coins(current.balance(account))}.`;
    const cycle = deadlockCycle(sample.waiting);
    if (cycle.length > 0) {
      return `${ring} Deadlock: ${cycle.map((each) => describeWait(roles, each)).join('; ')}.`;
    }
    const waits = sample.waiting.filter(({ wants }) => wants !== null);
    if (waits.length > 0) {
      return `${ring} ${waits.map((each) => describeWait(roles, each)).join('; ')}.`;
    }
    return `${ring} ${deadlocksIn(state)}`;
  },
  draw(context, view) {
    const { roles, sample, width, height } = view;
    const account = roles.role('account');
    const ranges = rangesOf(account, ACCOUNTS_MAX);
    const centre = { x: width / 2, y: height / 2 };
    const named = ranges.length <= NAMED_MAX;
    const size_max = width < NARROW_PX ? 12 : 18;
    const radius = Math.min(width / 2 - (named ? 70 + size_max : 24), height / 2 - (named ? 46 : 24));
    const size = Math.min(size_max, (radius * 2.6) / ranges.length + 3);
    const seats = ranges.map((range, index) => {
      const at = (index / ranges.length) * 2 * Math.PI - Math.PI / 2;
      const turned = ranges.length === 2 ? at - Math.PI / 2 : at;
      return {
        range,
        x: centre.x + Math.cos(turned) * radius,
        y: centre.y + Math.sin(turned) * radius,
      };
    });
    seats.forEach((seat, index) => {
      const next = seats[(index + 1) % seats.length];
      drawArrow(context, seat, next, { token: '--border-strong', width: 1, bend: -0.12, gap: size + 4 });
    });
    const items = seats.map(({ range, x, y }) => {
      const share = shareOfInitial(view, range, account.coins);
      const grown = size * Math.min(1.3, Math.max(0.5, Math.sqrt(Math.max(0, share))));
      drawDisc(context, { x, y }, grown, share < 1 ? '--line-4' : '--line-1', share <= 0);
      return { ...boundsOfDisc(x, y, grown), describe: () => describeAccount(view, range) };
    });
    if (named) seats.forEach((seat) => drawName(context, view, seat, centre, size));
    const each = ranges[0]?.count ?? 1;
    /** @param {number} index */
    const seatOf = (index) => seats[Math.floor((index - account.first) / each)];
    drawWaiting(context, sample.waiting, { seatOf, centre, size, narrow: width < NARROW_PX });
    return targets(items);
  },
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Point & { range: import('./account_roles.js').AccountRange }} seat
 * @param {Point} centre
 * @param {number} size
 */
function drawName(context, { roles }, { range, x, y }, centre, size) {
  const beside = Math.abs(x - centre.x) > 8;
  const side = Math.sign(x - centre.x);
  const name = roles.names(range);
  if (!beside) {
    drawText(context, name, x, y + Math.sign(y - centre.y) * (size + 12), { align: 'center' });
    return;
  }
  const from = x + side * (size * 1.3 + 5);
  drawText(context, name, from, y, { align: side > 0 ? 'left' : 'right', max_width: 76 });
}

/**
 * Draws an arrow from each account that a worker holds to the one it waits for. It starts in the
 * centre if the worker holds none.
 * @param {CanvasRenderingContext2D} context
 * @param {LatchWait[]} waiting
 * @param {{ seatOf: (index: number) => Point | undefined, centre: Point, size: number, narrow: boolean }} ring
 */
function drawWaiting(context, waiting, { seatOf, centre, size, narrow }) {
  const cycle = deadlockCycle(waiting);
  /** @type {(() => void)[]} */
  const labels = [];
  for (const wait of waiting) {
    const to = wait.wants === null ? undefined : seatOf(wait.wants);
    const begins = wait.holds.length > 0 ? wait.holds.map(seatOf) : [centre];
    for (const from of begins) {
      if (!from || !to || from === to) continue;
      const is_deadlocked = cycle.includes(wait);
      const how = { token: is_deadlocked ? '--bad' : '--event', width: is_deadlocked ? 3 : 2, bend: 0.3 };
      const middle = drawArrow(context, from, to, { ...how, gap: size + 6 });
      const words = narrow ? String(wait.worker) : `worker ${wait.worker}`;
      labels.push(() => drawLabel(context, words, middle, { bold: is_deadlocked }));
    }
  }
  // All labels are above all arrows.
  for (const draw of labels) draw();
}

/** Describes the deadlocks that workers found and resolved. @param {State} state */
function deadlocksIn(state) {
  const found = eventsOf(state).find(({ name }) => name === 'deadlock');
  if (!found) return 'No deadlock.';
  const [first] = found.messages;
  const first_text = first ? ` First: ${asSentence(first)}` : '';
  return `Deadlocks so far: ${count(found.count)}.${first_text}`;
}

/** @param {View['roles']} roles @param {LatchWait} waiting */
function describeWait(roles, { worker, holds, wants }) {
  const held = holds.map((place) => roles.name(place)).join(' and ');
  const holding = held ? `holds ${held} and ` : '';
  return `worker ${worker} ${holding}waits for ${wants === null ? 'nothing' : roles.name(wants)}`;
}

/** @param {View} view @param {import('./account_roles.js').AccountRange} range */
function describeAccount(view, range) {
  /** @param {number} index */
  const within = (index) => index >= range.first && index < range.first + range.count;
  const waits = view.sample.waiting.flatMap(({ worker, holds, wants }) => [
    ...(holds.some(within) ? [`worker ${worker} holds it`] : []),
    ...(wants !== null && within(wants) ? [`worker ${worker} waits for it`] : []),
  ]);
  return [describeRange(view, range), ...waits].join(', ');
}
