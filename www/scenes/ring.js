/** Accounts on a circle, each of which pays the next one, and the workers that wait for each other. */
/** @import { State, LatchWait } from '../types.d.ts' */
/** @import { Point } from './drawing.js' */
/** @import { Scene, View } from './scene.js' */
import { eventsOf } from '../features/run/events.js';
import { counted } from '../lib/format.js';
import { asSentence } from '../lib/user_error.js';
import { deadlockCycle } from './deadlock_cycle.js';
import { drawArrow, drawLabel, drawDisc, drawText } from './drawing.js';
import { groupsOf } from './account_roles.js';
import { boundsOfDisc, coins, shareOfInitial, targets, describeRange } from './scene.js';

const ACCOUNTS_MAX = 48;
const NAMED_MAX = 12;
/** Where it is narrower, workers on arrows are numbers. */
const NARROW_PX = 480;

/** @type {Scene} */
export const RING = {
  title: 'Ring',
  describe({ roles, current, sample, state }) {
    const account = roles.role('account');
    const ring = `${counted(account.count, 'accounts')} in a ring have ${coins(current.balance(account))}.`;
    const circle = deadlockCycle(sample.waiting);
    if (circle.length > 0) {
      return `${ring} Deadlock: ${circle.map((each) => tellWaiting(roles, each)).join('; ')}.`;
    }
    const waits = sample.waiting.filter(({ wants }) => wants !== null);
    if (waits.length > 0) {
      return `${ring} ${waits.map((each) => tellWaiting(roles, each)).join('; ')}.`;
    }
    return `${ring} ${deadlocksIn(state)}`;
  },
  draw(pen, view) {
    const { roles, sample, width, height } = view;
    const account = roles.role('account');
    const groups = groupsOf(account, ACCOUNTS_MAX);
    const centre = { x: width / 2, y: height / 2 };
    const named = groups.length <= NAMED_MAX;
    const most = width < NARROW_PX ? 12 : 18;
    const radius = Math.min(width / 2 - (named ? 70 + most : 24), height / 2 - (named ? 46 : 24));
    const size = Math.min(most, (radius * 2.6) / groups.length + 3);
    const seats = groups.map((group, index) => {
      const at = (index / groups.length) * 2 * Math.PI - Math.PI / 2;
      const turned = groups.length === 2 ? at - Math.PI / 2 : at;
      return {
        group,
        x: centre.x + Math.cos(turned) * radius,
        y: centre.y + Math.sin(turned) * radius,
      };
    });
    seats.forEach((seat, index) => {
      const next = seats[(index + 1) % seats.length];
      drawArrow(pen, seat, next, { token: '--border-strong', width: 1, bend: -0.12, gap: size + 4 });
    });
    const items = seats.map(({ group, x, y }) => {
      const share = shareOfInitial(view, group, account.coins);
      const grown = size * Math.min(1.3, Math.max(0.5, Math.sqrt(Math.max(0, share))));
      drawDisc(pen, { x, y }, grown, share < 1 ? '--line-4' : '--line-1', share <= 0);
      return { ...boundsOfDisc(x, y, grown), told: () => tellHeld(view, group) };
    });
    if (named) seats.forEach((seat) => drawName(pen, view, seat, centre, size));
    const each = groups[0]?.count ?? 1;
    /** @param {number} place */
    const seatOf = (place) => seats[Math.floor((place - account.first) / each)];
    drawWaiting(pen, sample.waiting, { seatOf, centre, size, narrow: width < NARROW_PX });
    return targets(items);
  },
};

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {View} view
 * @param {Point & { group: import('./account_roles.js').AccountRange }} seat
 * @param {Point} centre
 * @param {number} size
 */
function drawName(pen, { roles }, { group, x, y }, centre, size) {
  const beside = Math.abs(x - centre.x) > 8;
  const side = Math.sign(x - centre.x);
  const name = roles.names(group);
  if (!beside) {
    drawText(pen, name, x, y + Math.sign(y - centre.y) * (size + 12), { align: 'center' });
    return;
  }
  const from = x + side * (size * 1.3 + 5);
  drawText(pen, name, from, y, { align: side > 0 ? 'left' : 'right', most: 76 });
}

/**
 * An arrow from what a worker holds to what it wants; from the middle, where it holds nothing yet.
 * @param {CanvasRenderingContext2D} pen
 * @param {LatchWait[]} waiting
 * @param {{ seatOf: (place: number) => Point | undefined, centre: Point, size: number, narrow: boolean }} ring
 */
function drawWaiting(pen, waiting, { seatOf, centre, size, narrow }) {
  const circle = deadlockCycle(waiting);
  /** @type {(() => void)[]} */
  const labels = [];
  for (const one of waiting) {
    const to = one.wants === null ? undefined : seatOf(one.wants);
    const begins = one.holds.length > 0 ? one.holds.map(seatOf) : [centre];
    for (const from of begins) {
      if (!from || !to || from === to) continue;
      const stuck = circle.includes(one);
      const how = { token: stuck ? '--bad' : '--event', width: stuck ? 3 : 2, bend: 0.3 };
      const middle = drawArrow(pen, from, to, { ...how, gap: size + 6 });
      const words = narrow ? String(one.worker) : `worker ${one.worker}`;
      labels.push(() => drawLabel(pen, words, middle, { bold: stuck }));
    }
  }
  // Above all arrows, whichever comes first.
  for (const draw of labels) draw();
}

/**
 * Those that were found by whoever waited too long, which are over by then.
 * @param {State} state
 */
function deadlocksIn(state) {
  const found = eventsOf(state).find(({ name }) => name === 'deadlock');
  if (!found) return 'Nobody waits in a circle.';
  const [first] = found.sentences;
  const told = first ? `, the first time: ${asSentence(first)}` : '.';
  return `Deadlock, ${counted(found.count, 'times')} so far${told}`;
}

/** @param {View['roles']} roster @param {LatchWait} waiting */
function tellWaiting(roster, { worker, holds, wants }) {
  const held = holds.map((place) => roster.name(place)).join(' and ');
  const holding = held ? `holds ${held} and ` : '';
  return `worker ${worker} ${holding}waits for ${wants === null ? 'nothing' : roster.name(wants)}`;
}

/** @param {View} view @param {import('./account_roles.js').AccountRange} group */
function tellHeld(view, group) {
  /** @param {number} place */
  const within = (place) => place >= group.first && place < group.first + group.count;
  const told = view.sample.waiting.flatMap(({ worker, holds, wants }) => [
    ...(holds.some(within) ? [`worker ${worker} holds it`] : []),
    ...(wants !== null && within(wants) ? [`worker ${worker} waits for it`] : []),
  ]);
  return [describeRange(view, group), ...told].join(', ');
}
