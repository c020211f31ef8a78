/**
 * Figures as SVG: a panel for each row, a bar for each peer, on a logarithmic scale since peers are orders of magnitude
 * apart. Colours are given for light and for dark pages.
 */
import { figureText, type Row, rowLabel } from './rows.ts'

const width = 760
const labelWidth = 170
const figureWidth = 130
const barHeight = 16
const gap = 4
const titleHeight = 24

/** The panels of some rows, below each other. */
export function plotOf(title: string, rows: readonly Row[]): string {
  let top = 34
  const panels = rows.map((row) => {
    const panel = panelOf(row, top)
    top += titleHeight + row.figures.length * (barHeight + gap) + 14
    return panel
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" role="img">
<title>${escaped(title)}</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600; font-size: 15px } .name { font-weight: 600 }
.end { text-anchor: end } .peer { fill: #9aa7b4 } .ours { fill: #d9622b } .spread { stroke: #24292f }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } .peer { fill: #57606a } .spread { stroke: #d0d7de } }
</style>
<text class="head" x="8" y="20">${escaped(title)}</text><text x="${width - 8}" y="20" class="end">logarithmic scale</text>
${panels.join('\n')}
</svg>
`
}

function panelOf(row: Row, top: number): string {
  const { workload, figures } = row
  const sorted = figures.toSorted((left, right) =>
    workload.measures === 'rate' ? right.median - left.median : left.median - right.median,
  )
  const [low, high] = [Math.min(...figures.map(({ min }) => min)) / 2, Math.max(...figures.map(({ max }) => max))]
  const span = width - labelWidth - figureWidth
  const x = (value: number) => labelWidth + (span * Math.log(value / low)) / Math.log(high / low)
  const bars = sorted.map((figure, index) => {
    const y = top + titleHeight + index * (barHeight + gap)
    const middle = y + barHeight / 2
    const [from, to, end] = [x(figure.min), x(figure.max), x(figure.median)].map((value) => value.toFixed(1))
    return `<text class="end" x="${labelWidth - 8}" y="${y + 12}">${escaped(figure.peer)}</text>
<rect class="${figure.peer === 'troupe' ? 'ours' : 'peer'}" x="${labelWidth}" y="${y}" width="${(Number(end) - labelWidth).toFixed(1)}" height="${barHeight}"/>
<line class="spread" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>
<text x="${(Math.max(Number(to), Number(end)) + 6).toFixed(1)}" y="${y + 12}">${escaped(`${figureText(figure.median)} ${figure.unit}`)}</text>`
  })
  const less = workload.measures === 'rate' ? '' : '; less is better'
  const head = `<text x="8" y="${top + 14}"><tspan class="name">${escaped(rowLabel(row))}</tspan>  ${escaped(`${workload.what}${less}`)}</text>`
  return [head, ...bars].join('\n')
}

/** The text as it stands between tags. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
