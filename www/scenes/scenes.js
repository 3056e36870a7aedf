/** Selects the scene of a scenario. */
/** @import { Scene } from './scene.js' */
import { BANK_RUN } from './bank_run.js';
import { HEAT_MAP } from './heat_map.js';
import { PAYMENTS } from './payments.js';
import { RING } from './ring.js';
import { TRADING_FLOOR } from './trading_floor.js';

/** @type {Record<string, Scene>} */
const SCENES = {
  hft: TRADING_FLOOR,
  'bank-run': BANK_RUN,
  payments: PAYMENTS,
  deadlock: RING,
};

/** Returns the scene of a scenario. The default is a heat map of the accounts. @param {string} scenario */
export function sceneOf(scenario) {
  return SCENES[scenario] ?? HEAT_MAP;
}
