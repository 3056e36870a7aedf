/** Checks a page with axe. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** @import { Page } from 'playwright-core' */

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const RULES = ['color-contrast', 'button-name', 'region', 'aria-valid-attr-value'];

/**
 * Fails if axe finds a violation or applies no rule.
 * @param {Page} page
 * @param {string} when
 * @param {string[]} [expected] rules that it must apply
 */
export async function assertAccessible(page, when, expected = RULES) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(async () => {
    const { violations, passes } = await /** @type {any} */ (window).axe.run();
    /** @param {any[]} results */
    const brief = (results) =>
      results.map(({ id, help, nodes }) => ({
        id,
        help,
        nodes: nodes.map((/** @type {any} */ node) => node.html.slice(0, 160)),
      }));
    return { violations: brief(violations), passes: brief(passes) };
  });
  assert.deepEqual(violations, [], `axe ${when}`);
  const rules = passes.map(({ id }) => id);
  for (const rule of expected) {
    assert(rules.includes(rule), `axe did not apply ${rule} ${when}`);
  }
}
