/** The style sheet of the HTML report, with the colours of the page. */
export const STYLE = `
:root {
  --page: #fbfbf9; --text: #1a1c20; --soft: #5b6067; --border: #e2e2dd; --grid: #ededea;
  --accent: #2457c5; --good: #0b6b43; --bad: #b0201a; --event: #855700;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --text: #e9e9e4; --soft: #9fa4ad; --border: #2c3038; --grid: #272b32;
    --accent: #7ea4ff; --good: #52c890; --bad: #ff8a7d; --event: #e6b450;
  }
}
/* Paper is white in both schemes. */
@media print {
  :root {
    --page: #fff; --text: #000; --soft: #444; --border: #bbb; --grid: #ddd;
    --accent: #2457c5; --good: #0b6b43; --bad: #b0201a; --event: #855700;
  }
  figure, tr, dl { break-inside: avoid; }
  .wide { overflow: visible; }
  h2 { break-after: avoid; }
  @page { margin: 16mm; }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 0.9375rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
main { max-width: 52rem; margin: 0 auto; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 1.75rem 0 0.25rem; font-size: 1rem; }
p { margin: 0.375rem 0; overflow-wrap: anywhere; }
a { color: var(--accent); }
code { font-size: 0.8125rem; overflow-wrap: anywhere; }
.soft, small { color: var(--soft); font-size: 0.8125rem; }
small { display: block; }
.result { font-weight: 650; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.busy { color: var(--event); }
td.good, td.bad { font-weight: 650; white-space: nowrap; }
.flaw { padding: 0.375rem 0.75rem; border: 1px solid var(--event); border-left-width: 4px; border-radius: 6px; }
.flaw strong { color: var(--event); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.75rem; margin: 1rem 0; }
.numbers div { padding: 0.5rem 0.75rem; border: 1px solid var(--border); border-radius: 8px; }
.numbers div { display: flex; flex-direction: column-reverse; }
.numbers dt { color: var(--soft); font-size: 0.8125rem; }
.numbers dd { margin: 0; font-size: 1.25rem; font-weight: 700; overflow-wrap: anywhere; }
figure { margin: 1.25rem 0; }
figcaption { font-weight: 650; }
figure > svg { display: block; width: 100%; height: auto; }
.key { margin-left: 0.875rem; color: var(--soft); font-size: 0.8125rem; font-weight: 400; white-space: nowrap; }
.sign { width: 22px; height: 10px; margin-right: 0.375rem; }
.line, .sign path { fill: none; stroke-width: 1.5; }
.accepted, .accepted path { stroke: var(--accent); }
.refused, .refused path { stroke: var(--bad); stroke-dasharray: 6 4; }
.interrupted, .interrupted path { stroke: var(--event); stroke-dasharray: 2 3; }
.grid { stroke: var(--grid); }
text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.wide { overflow-x: auto; }
.wide:focus-visible { outline: 2px solid var(--accent); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.3rem 0.75rem 0.3rem 0; border-bottom: 1px solid var(--border); text-align: left; vertical-align: baseline; font-weight: 400; }
thead th { color: var(--soft); font-size: 0.8125rem; }
tbody th { min-width: 8.5rem; }
th:has(small) { min-width: 12rem; }
.long { overflow-wrap: anywhere; }
`;
