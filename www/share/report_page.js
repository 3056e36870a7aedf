/**
 * A report as one file of HTML: it needs nothing beside it and runs nothing, reads in light and in
 * dark, and prints. All that stands in the report is escaped on its way (`html.js`), and the file's
 * own policy would not let a script run either.
 */
/** @import { Ended, Report, Scenario } from '../types.d.ts' */
import { rates } from '../engine/samples.js';
import { toldOf } from '../events.js';
import { amount, bytes, count, duration, figureClass, rate, share, words } from '../format.js';
import { choiceOf } from '../parameters.js';
import { adrift, doneIn, healthOf, verdict } from '../sentences.js';
import { sentence } from '../trouble.js';
import { Html, html } from './html.js';
import { STYLE } from './report_style.js';
import { svgChart } from './svg_chart.js';

/** @typedef {string | number} Cell */

/**
 * @param {Ended} ended
 * @param {Scenario | null} scenario with the names of its parameters, where this page knows it
 * @param {string} link that reproduces the run, or nothing
 */
export function reportPage(ended, scenario, link) {
  const { report } = ended;
  const good = report.passed;
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  const title = `${report.title}, seed ${report.parameters.seed}`;
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
<h1>${report.title}</h1>
<p class="verdict ${good ? 'good' : 'bad'}">${good ? '✓' : '✗'} ${verdict(report)}</p>
<p>${report.ended_because} ${doneIn(report)}</p>
${report.flaws.map((flaw) => html`<p class="flaw"><strong>⚠</strong> ${flaw}</p>`)}
${numbers(report)}
${charts(ended)}
${checks(report)}
${findings(report)}
${how(report, scenario, link)}
</main>
</body>
</html>
`;
  return page.text;
}

/** @param {Report} report */
function numbers(report) {
  const { totals } = report;
  const shown = [
    [`${rate(totals.operations_per_second)}/s`, 'operations'],
    [count(totals.accepted), 'accepted transfers'],
    [count(totals.refused), 'refused transfers'],
    [count(totals.trail_entries), `trail entries, ${bytes(totals.trail_bytes)}`],
    [adrift(report) ?? '–', 'coins adrift'],
  ];
  const items = shown.map(([value, label]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`);
  return html`<dl class="numbers">${items}</dl>`;
}

/** @param {Ended} ended */
function charts({ points }) {
  const times_ns = points.map(({ time_ns }) => time_ns);
  if (!(times_ns[times_ns.length - 1] > 0))
    return html`<p>It was over before there was a course.</p>`;
  const course = rates(points);
  const kinds = /** @type {const} */ (['accepted', 'refused', 'interrupted']);
  const transfers = kinds.map((kind) => ({
    label: kind,
    kind,
    values: course.map((step) => step[kind]),
  }));
  const entries = [
    { label: 'entries', kind: 'accepted', values: points.map((point) => point.entries) },
  ];
  return html`${svgChart('Transfers per second', times_ns, transfers)}
${svgChart('Entries in the trail', times_ns, entries)}`;
}

/** @param {Report} report */
function checks(report) {
  const rows = report.checks.map(
    (check) => html`<tr><th scope="row">${check.title}<small>${check.description}</small></th>
${[check.expected, check.found].map((value) => cell(amount(value)))}
<td>${count(check.examined)} ${check.unit}</td>
<td class="${check.passed ? 'good' : 'bad'}">${check.passed ? '✓ Pass' : '✗ Fail'}</td></tr>`,
  );
  return html`<h2>Checks</h2>
${grid('Checks', ['Check', 'Expected', 'Found', 'Looked at', 'Verdict'], rows)}
<p>${healthOf(report)}</p>`;
}

/** @param {Report} report */
function findings({ events, facts, latency, totals, workers, accounts }) {
  const happened = events.map((event) => {
    const lines = event.messages.map((text) => html`<li>${sentence(text)}</li>`);
    const list = lines.length > 0 ? html`<ul>${lines}</ul>` : '';
    return html`<li><strong>${event.title}</strong>${toldOf(event)}${list}</li>`;
  });
  /** @type {[string, number][]} */
  const percentiles = [
    ['p50', latency.p50_ns],
    ['p90', latency.p90_ns],
    ['p99', latency.p99_ns],
    ['p99.9', latency.p999_ns],
    ['Max', latency.max_ns],
  ];
  const times =
    latency.count > 0
      ? percentiles.map(([name, time_ns]) => [
          name,
          duration(Math.max(time_ns, latency.clock_step_ns)),
        ])
      : [];
  const figures = facts.map(({ title, value, unit }) => [title, `${amount(value)} ${unit}`.trim()]);
  const outcomes = Object.entries(totals.by_status).map(([status, number]) => {
    return [words(status), count(number), share(number / Math.max(1, totals.attempts))];
  });
  const shares = workers.map(({ worker, operations, accepted, refused, waits, conflicts }) => {
    return [worker, ...[operations, accepted, refused, waits, conflicts].map(count)];
  });
  const rows = accounts.rows.slice(0, ROWS_MAX).map((row) => {
    const { name, issuer, debits_posted, credits_posted } = row;
    const balance = BigInt(credits_posted) - BigInt(debits_posted);
    const told = issuer ? `${name} (issues coins)` : name;
    return [told, ...[balance, debits_posted, credits_posted].map(amount)];
  });
  const some = `Final balances, ${count(rows.length)} of ${count(accounts.count)}, in coins`;
  return html`${events.length > 0 ? html`<h2>Events</h2><ul>${happened}</ul>` : ''}
${table('Facts of the run', ['Fact', 'Figure'], figures)}
${table('Latency', ['Percentile', 'Time'], times)}
<p class="soft">${latency.description} ${count(latency.count)} measurements.</p>
${table('Outcomes', ['Status', 'Attempts', 'Share'], outcomes)}
${table('Workers', WORKERS, shares)}
${table(some, ['Account', 'Balance', 'Debits', 'Credits'], rows)}`;
}

const WORKERS = ['Worker', 'Operations', 'Accepted', 'Refused', 'Waits', 'Conflicts'];

/** Whoever wants all of them reads the report itself. */
const ROWS_MAX = 30;

/**
 * @param {Report} report
 * @param {Scenario | null} scenario
 * @param {string} link
 */
function how(
  { scenario: name, parameters, environment, started_at_ms, trail_hash },
  scenario,
  link,
) {
  const given = Object.entries(parameters).map(([key, value]) => {
    const parameter = scenario?.parameters.find((one) => one.name === key);
    const choice = parameter && choiceOf(parameter, value);
    const unit = parameter?.kind === 'number' ? ` ${parameter.unit}` : '';
    return [parameter?.label ?? words(key), `${choice?.label ?? value}${unit}`.trim()];
  });
  const options = Object.entries(parameters).map(
    ([key, value]) => `--${key.replaceAll('_', '-')} ${value}`,
  );
  const where = [
    ['started', new Date(started_at_ms).toISOString()],
    ...Object.entries(environment)
      .filter(([key]) => key !== 'started_at_ms')
      .map(([key, value]) => [words(key), value]),
    ['hash of the trail', trail_hash],
  ];
  return html`${table('Parameters', ['Parameter', 'Value'], given)}
<h2>How to run it again</h2>
<p><code>ledgerlab run ${name} ${options.join(' ')}</code></p>
${link ? html`<p>On the page: <a href="${link}">${link}</a></p>` : ''}
${table('Where it ran', ['What', 'Value'], where)}`;
}

/**
 * @param {string} title
 * @param {string[]} headings
 * @param {Cell[][]} rows
 */
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
 * A table that scrolls by itself where it is wider than the screen.
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
