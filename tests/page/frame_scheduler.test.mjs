/** When panels are drawn: at once after a press, and at most five times a second during a run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameScheduler } from '../../www/app/frame_scheduler.js';
Object.assign(globalThis, { document: { baseURI: 'http://127.0.0.1/' } });
const { Store } = await import('../../www/app/store.js');

/** @import { TestContext } from 'node:test' */

const FRAME_MS = 10;

/**
 * A page without a window, whose clock advances frame by frame.
 * @param {TestContext} t
 * @param {{ draw_ms?: number }} [options] how long each panel takes to draw
 */
function page(t, { draw_ms = 0 } = {}) {
  let now_ms = 1_000;
  /** @type {(() => void)[]} */
  let frames = [];
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => now_ms);
  Object.assign(globalThis, {
    requestAnimationFrame: (/** @type {() => void} */ draw) => frames.push(draw),
  });
  const drawn = { control: 0, live: 0, frames: 0 };
  const store = new Store(/** @type {any} */ ({ run_state: 'idle', revision: 0, accounts: 0 }));
  const panel = (/** @type {'control' | 'live'} */ kind) => () => {
    drawn[kind] += 1;
    now_ms += draw_ms;
  };
  new FrameScheduler(store, { controls: [panel('control')], live: [panel('live')] });
  const nextFrame = () => {
    now_ms += FRAME_MS;
    t.mock.timers.tick(FRAME_MS);
    const due = frames;
    frames = [];
    if (due.length > 0) drawn.frames += 1;
    for (const draw of due) draw();
  };
  return { store, drawn, nextFrame };
}

/** @param {object} changes */
function changed(changes) {
  return /** @type {any} */ (changes);
}

test('a change is drawn in the next frame, and several changes once', (t) => {
  const { store, drawn, nextFrame } = page(t);
  store.set(changed({ accounts: 1 }));
  store.set(changed({ accounts: 2 }));
  assert.deepEqual(drawn, { control: 0, live: 0, frames: 0 });
  nextFrame();
  nextFrame();
  assert.deepEqual(drawn, { control: 1, live: 1, frames: 1 });
});

test('during a run its numbers are drawn at most five times a second', (t) => {
  const { store, drawn, nextFrame } = page(t);
  store.set(changed({ run_state: 'running' }));
  nextFrame();
  const before = drawn.live;
  for (let revision = 1; revision <= 200; revision += 1) {
    store.set(changed({ revision }));
    nextFrame();
  }
  assert(drawn.live - before >= 8, `${drawn.live - before} drawings in 2 s`);
  assert(drawn.live - before <= 10, `${drawn.live - before} drawings in 2 s`);
  assert(drawn.frames <= 11, `${drawn.frames} frames`);
});

test('a press during a run is drawn in the next frame, without the numbers', (t) => {
  const { store, drawn, nextFrame } = page(t);
  store.set(changed({ run_state: 'running' }));
  nextFrame();
  const { control, live } = drawn;
  for (let press = 1; press <= 5; press += 1) {
    store.set(changed({ accounts: press, revision: press }));
    nextFrame();
    assert.equal(drawn.control, control + press, `press ${press}`);
  }
  assert.equal(drawn.live, live, 'the numbers keep their interval');
  for (let frame = 0; frame < 25; frame += 1) nextFrame();
  assert.equal(drawn.live, live + 1, 'the last numbers are drawn');
});

test('the end of a run is drawn at once', (t) => {
  const { store, drawn, nextFrame } = page(t);
  store.set(changed({ run_state: 'running' }));
  nextFrame();
  const { live } = drawn;
  store.set(changed({ run_state: 'finished', revision: 1 }));
  nextFrame();
  assert.equal(drawn.live, live + 1);
});

test('a slow frame leaves the other panels to the next one', (t) => {
  const { store, drawn, nextFrame } = page(t, { draw_ms: 5 });
  store.set(changed({ accounts: 1 }));
  nextFrame();
  assert.deepEqual([drawn.control, drawn.live], [1, 0]);
  nextFrame();
  assert.deepEqual([drawn.control, drawn.live], [1, 1]);
});
