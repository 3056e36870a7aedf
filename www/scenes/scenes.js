/** Which scene a scenario is drawn as. */
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

/** @param {string} scenario its name; of the others the accounts are drawn by how busy they are */
export function sceneOf(scenario) {
  return SCENES[scenario] ?? HEAT_MAP;
}
