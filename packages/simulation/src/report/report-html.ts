/**
 * The report: one HTML file without any reference to the outside. The functions of `page/` are written into it as they
 * are; the run is written as JSON in which no `<` is left, so that nothing in it can end the script or begin an element.
 */
import { createHistoryView } from './page/create-history-view.ts'
import { createRows } from './page/create-rows.ts'
import { createRunView } from './page/create-run-view.ts'
import { createStates } from './page/create-states.ts'
import { createViewport } from './page/create-viewport.ts'
import { describeEvent } from './page/describe-event.ts'
import { pageStyle } from './page/page-style.ts'
import { type PageParts, startPage } from './page/start-page.ts'
import { pageData, type ReportLimits } from './report-data.ts'
import type { RunReport } from './run-report.ts'

const pageParts: PageParts = {
  createHistoryView,
  createRows,
  createRunView,
  createStates,
  createViewport,
  describeEvent,
}

/** Controls by id: what is on them and what they are for. */
const button = (id: string, text: string, title: string) =>
  `<button id="${id}" title="${title}" aria-label="${title}">${text}</button>`

/**
 * `run` as one self-contained HTML page, to be written to a file and opened in any browser: a space-time diagram with
 * search, zoom and each actor's state after every event. Of a run beyond the limits the end is shown, and a note says so.
 *
 *     const run = await simulate({ seed: 7, nodes: 3, trace: { states: true } }, program)
 *     writeFileSync('run.html', reportHtml(simulationReport(run)))
 */
export function reportHtml(run: RunReport, limits: ReportLimits = {}): string {
  const data = pageData(run, limits)
  const json = JSON.stringify(data).replaceAll('<', '\\u003c')
  const script = Object.entries(pageParts).map(([name, part]) => `${name}: ${part}`)
  const facts = data.facts.map(([name, value]) => `<span class="fact">${escaped(name)} <b>${escaped(value)}</b></span>`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${escaped(data.title)}</title>
<style>${pageStyle}</style>
<header>
<h1>${escaped(data.title)}</h1>${facts.join('')}
${data.verdict === null ? '' : `<p id="verdict">${escaped(data.verdict)}</p>`}
${data.notes.length === 0 ? '' : `<p id="notes">${escaped(data.notes.join(' '))}</p>`}
</header>
<div id="tools">
${button('show-run', 'Run', 'Show the run')}${button('show-history', 'History', 'Show the history')}
${button('first', '&#x21E4;', 'First event (Home)')}${button('back', '&#x25C2;', 'Event before (arrow up)')}
<input id="slider" type="range" min="0" value="0" aria-label="Event">
${button('forward', '&#x25B8;', 'Next event (arrow down)')}${button('last', '&#x21E5;', 'Last event (End)')}
<span id="position"></span>
${button('next-mark', 'Next mark', 'Next failure or violation (m)')}
<span class="gap"></span>
<input id="search" type="search" placeholder="Search (/)" aria-label="Search">
${button('previous-hit', '&#x2191;', 'Hit before (N)')}${button('next-hit', '&#x2193;', 'Next hit (n)')}
<label><input id="only-hits" type="checkbox"> only hits</label>
<span id="hits"></span>
<span class="gap"></span>
${button('zoom-out', '&minus;', 'Smaller (-, or Ctrl and wheel)')}${button('reset', '1:1', 'Usual size (0)')}
${button('zoom-in', '+', 'Larger (+, or Ctrl and wheel)')}${button('fit', 'Fit', 'See the whole run (f)')}
</div>
<div id="main">
<div id="diagram">
<svg id="header"></svg>
<div id="scroll"><div id="size"><svg id="drawing"><defs>${['message', 'lost', 'again'].map(arrowHead).join('')}</defs></svg></div></div>
</div>
<div id="overview" title="Marks, hits and the current event in the whole run"></div>
<div id="panel"></div>
</div>
<script id="data" type="application/json">${json}</script>
<script>
'use strict'
const parts = {
${script.join(',\n')}
}
const start = ${startPage}
start(parts, document)
</script>
</html>
`
}

function arrowHead(kind: string): string {
  const size = 'viewBox="0 0 8 8" refX="11" refY="4" markerWidth="8" markerHeight="8" orient="auto"'
  return `<marker id="head-${kind}" ${size}><path d="M0 1L8 4L0 7z" class="head-${kind}"/></marker>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
