/**
 * A report as a single HTML file. It needs no other file, runs no script, has a light and a dark
 * scheme, and can be printed. All values are escaped (`html.js`), and the file's own policy would
 * not let a script run either.
 */
/** @import { Check, FinishedRun, Report, Scenario } from '../types.d.ts' */
import { conservationDifference, operationsText } from '../app/state_text.js';
import { rates } from '../charts/run_series.js';
import { countAndTime } from '../features/run/events.js';
import { choiceOf } from '../features/run/parameters.js';
import { latencyScope } from '../features/run/run_summary.js';
import { amount, bytes, count, duration, figureClass, rate, share, words } from '../lib/format.js';
import { asSentence } from '../lib/user_error.js';
import { Html, html } from './html.js';
import { STYLE } from './report_style.js';
import { svgChart } from './svg_chart.js';
import { ICONS, isContradictory, runResultOf } from './run_result.js';

/** @typedef {string | number} Cell */

/** The HTML lists at most this many accounts; the JSON report has all. */
const ACCOUNTS_MAX = 30;

/**
 * @param {FinishedRun} finished
 * @param {Scenario | null} scenario with the labels of its parameters, if this page has it
 * @param {string} link that repeats the run; empty if this page cannot
 */
export function reportPage(finished, scenario, link) {
  const { report } = finished;
  const { title: heading, flaws, ended_because } = report;
  const { mood, text } = runResultOf(report);
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  const title = `${heading}, seed ${report.parameters.seed}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – ledgerlab</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
<p class="result ${mood}">${ICONS[mood]} ${text}</p>
<p>${ended_because} ${operationsText(report)}</p>
${flaws.map((flaw) => html`<p class="flaw"><strong>⚠</strong> ${flaw}</p>`)}
${numbers(report)}
${charts(finished)}
${checks(report)}
${events(report)}
${latency(report)}
${totals(report)}
${balances(report)}
${reproduction(report, scenario, link)}
</main>
</body>
</html>
`;
  return page.text;
}

/** @param {Report} report */
function numbers(report) {
  const { operations_per_second, accepted, refused, interrupted, trail_entries, trail_bytes } = report.totals;
  const shown = [
    [`${rate(operations_per_second)}/s`, 'operations'],
    [count(accepted), 'accepted attempts'],
    [count(refused), 'refused attempts'],
    [count(interrupted), 'interrupted attempts'],
    [count(trail_entries), `trail entries, ${bytes(trail_bytes)}`],
    [conservationDifference(report) ?? '–', 'coins of difference'],
  ];
  const items = shown.map(([value, label]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`);
  return html`<dl class="numbers">${items}</dl>`;
}

/** @param {FinishedRun} finished */
function charts({ points }) {
  const times_ns = points.map(({ time_ns }) => time_ns);
  if (!(times_ns[times_ns.length - 1] > 0)) return html`<p>The run was too short for charts.</p>`;
  const steps = rates(points);
  const kinds = /** @type {const} */ (['accepted', 'refused', 'interrupted']);
  const transfers = kinds.map((kind) => {
    return { label: kind, kind, values: steps.map((step) => step[kind]) };
  });
  const entries = { label: 'entries', kind: 'accepted', values: points.map((point) => point.entries) };
  return html`${svgChart('Attempts per second', times_ns, transfers)}
${svgChart('Entries in the trail', times_ns, [entries])}`;
}

/** @param {Report} report */
function checks(report) {
  const rows = report.checks.map(
    (check) => html`<tr><th scope="row">${check.title}<small>${check.description}</small></th>
${[check.expected, check.found].map((value) => cell(amount(value)))}
<td>${count(check.examined)} ${check.unit}</td>
${resultCell(check)}</tr>`,
  );
  return html`<h2>Checks</h2>
${grid('Checks', ['Check', 'Expected', 'Found', 'Checked', 'Result'], rows)}`;
}

/** @param {Check} check */
function resultCell(check) {
  if (isContradictory(check)) return html`<td class="busy">! Figures differ</td>`;
  return html`<td class="${check.passed ? 'good' : 'bad'}">${check.passed ? '✓ Pass' : '✗ Fail'}</td>`;
}

/** @param {Report} report */
function events(report) {
  if (report.events.length === 0) return '';
  const items = report.events.map((event) => {
    const lines = event.messages.map((text) => html`<li>${asSentence(text)}</li>`);
    const list = lines.length > 0 ? html`<ul>${lines}</ul>` : '';
    return html`<li><strong>${event.title}</strong>${countAndTime(event)}${list}</li>`;
  });
  return html`<h2>Events</h2><ul>${items}</ul>`;
}

/** @param {Report} report */
function latency({ latency: measured }) {
  const { p50_ns, p90_ns, p99_ns, p999_ns, max_ns, clock_step_ns } = measured;
  const percentiles = { p50: p50_ns, p90: p90_ns, p99: p99_ns, 'p99.9': p999_ns, Max: max_ns };
  const rows = Object.entries(percentiles).map(([name, time_ns]) => {
    return [name, duration(Math.max(time_ns, clock_step_ns))];
  });
  const title = `Latency ${latencyScope(measured.operations_each)}`;
  return html`${table(title, ['Percentile', 'Time'], measured.count > 0 ? rows : [])}
<p class="soft">${measured.description} ${count(measured.count)} measurements.</p>`;
}

/** @param {Report} report */
function totals({ facts, totals: { by_status, attempts }, workers }) {
  const figures = facts.map(({ title, value, unit }) => [title, `${amount(value)} ${unit}`.trim()]);
  const outcomes = Object.entries(by_status).map(([status, number]) => {
    return [words(status), count(number), share(number / Math.max(1, attempts))];
  });
  const headings = ['Worker', 'Operations', 'Accepted', 'Refused', 'Waits', 'Conflicts'];
  const shares = workers.map(({ worker, operations, accepted, refused, waits, conflicts }) => {
    return [worker, ...[operations, accepted, refused, waits, conflicts].map(count)];
  });
  return html`${table('Facts of the run', ['Fact', 'Value'], figures)}
${table('Outcomes', ['Status', 'Attempts', 'Share'], outcomes)}
${table('Workers', headings, shares)}`;
}

/** @param {Report} report */
function balances({ accounts }) {
  const rows = accounts.rows.slice(0, ACCOUNTS_MAX).map((row) => {
    const { name, issuer, debits_posted, credits_posted } = row;
    const balance = BigInt(credits_posted) - BigInt(debits_posted);
    const account = issuer ? `${name} (issues coins)` : name;
    return [account, ...[balance, debits_posted, credits_posted].map(amount)];
  });
  const title = `Final balances, ${count(rows.length)} of ${count(accounts.count)}, in coins`;
  return table(title, ['Account', 'Balance', 'Debits', 'Credits'], rows);
}

/** @param {Report} report @param {Scenario | null} scenario @param {string} link */
function reproduction(report, scenario, link) {
  const { scenario: name, parameters, environment, started_at_ms, trail_hash } = report;
  const values = Object.entries(parameters).map(([key, value]) => {
    const parameter = scenario?.parameters.find((candidate) => candidate.name === key);
    const choice = parameter && choiceOf(parameter, value);
    const unit = parameter?.kind === 'number' ? ` ${parameter.unit}` : '';
    return [parameter?.label ?? words(key), `${choice?.label ?? value}${unit}`.trim()];
  });
  const options = Object.entries(parameters).map(
    ([key, value]) => `--${key.replaceAll('_', '-')} ${value}`,
  );
  const others = Object.entries(environment).filter(([key]) => key !== 'started_at_ms');
  const details = [
    ['started', new Date(started_at_ms).toISOString()],
    ...others.map(([key, value]) => [words(key), value]),
    ['hash of the trail', trail_hash],
  ];
  return html`${table('Parameters', ['Parameter', 'Value'], values)}
<h2>How to run it again</h2>
<p><code>ledgerlab run ${name} ${options.join(' ')}</code></p>
${link ? html`<p>On the page: <a href="${link}">${link}</a></p>` : ''}
${table('Environment', ['Property', 'Value'], details)}`;
}

/** @param {string} title @param {string[]} headings @param {Cell[][]} rows */
function table(title, headings, rows) {
  if (rows.length === 0) return '';
  const lines = rows.map(
    ([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map(cell)}</tr>`,
  );
  return html`<h2>${title}</h2>
${grid(title, headings, lines)}`;
}

/** @param {Cell} value */
function cell(value) {
  return html`<td class="${figureClass(value)}">${value}</td>`;
}

/**
 * A table that scrolls by itself if it is wider than the screen.
 * @param {string} name
 * @param {string[]} headings
 * @param {Html[]} rows
 */
function grid(name, headings, rows) {
  const heads = headings.map((text) => html`<th scope="col">${text}</th>`);
  return html`<div class="wide" role="region" aria-label="${name}" tabindex="0">
<table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table>
</div>`;
}
