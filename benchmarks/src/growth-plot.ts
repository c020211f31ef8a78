/**
 * Figures over sizes as SVG: a panel for each part of the growth suite, both axes logarithmic, since sizes go over six orders
 * of magnitude. A size of 0 stands left of the others. Colours are given for light and for dark pages.
 */
import { escaped } from './compare/plots.ts'
import type { GrowthPart } from './growth.ts'
import type { SavedGrowthLine } from './growth-results.ts'

interface Panel {
  readonly part: GrowthPart
  readonly title: string
  readonly sizes: string
  /** The figures of a row, with what each is called and what it is divided by. */
  readonly curves: readonly { readonly figure: string; readonly name: string; readonly per?: number }[]
  /** Below this size the figure is of too few. */
  readonly from?: Readonly<Record<string, number>>
}

const panels: readonly Panel[] = [
  {
    part: 'actors',
    title: 'actors under one parent, told in turn: ns of CPU',
    sizes: 'actors',
    curves: [
      { figure: 'messageNs', name: 'a message' },
      { figure: 'spawnNs', name: 'a spawn' },
    ],
    from: { spawnNs: 1_000 },
  },
  {
    part: 'mailboxes',
    title: 'a mailbox that is filled and emptied: ns of CPU',
    sizes: 'messages that wait',
    curves: [{ figure: 'messageNs', name: 'a message' }],
  },
  {
    part: 'threads',
    title: 'every thread sends: million messages a second, all together',
    sizes: 'threads',
    curves: [
      { figure: 'ownPerSecond', name: 'to its own thread', per: 1e6 },
      { figure: 'nextPerSecond', name: 'to the next thread', per: 1e6 },
    ],
    // The next of one thread is itself.
    from: { nextPerSecond: 2 },
  },
  {
    part: 'sizes',
    title: 'bytes to another thread: ns a message',
    sizes: 'bytes',
    curves: [{ figure: 'wallNs', name: 'a message' }],
  },
]

const width = 760
const height = 190
const left = 70
const right = 180
const top = 30
const bottom = 40
const textHeight = 14

/** The panels of the parts that there are rows of, below each other. */
export function growthPlot(lines: readonly SavedGrowthLine[]): string {
  const shown = panels.filter(({ part }) => lines.some((line) => line.part === part))
  const machines = [...new Set(lines.map(({ measured, machine }) => `measured ${measured} on ${machine}`))]
  const total = 34 + shown.length * height + machines.length * 18
  const body = shown.map((panel, index) => {
    const rows = lines.filter((line) => line.part === panel.part)
    return `<g transform="translate(0 ${34 + index * height})">${panelOf(panel, rows)}</g>`
  })
  const foot = machines.map((line, index) => {
    return `<text class="foot" x="8" y="${34 + shown.length * height + 12 + 18 * index}">${escaped(line)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" role="img">
<title>How cost grows with the work</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600; font-size: 15px } .name { font-weight: 600 }
.foot { font-size: 11px } .end { text-anchor: end } .middle { text-anchor: middle } .grid { stroke: #d0d7de }
polyline { fill: none; stroke-width: 2 } .curve0 { stroke: #d9622b; fill: #d9622b } .curve1 { stroke: #5c7fa3; fill: #5c7fa3 }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } .grid { stroke: #3d444d } }
</style>
<text class="head" x="8" y="20">How cost grows with the work</text><text x="${width - 8}" y="20" class="end">both axes logarithmic</text>
${[...body, ...foot].join('\n')}
</svg>
`
}

function panelOf({ title, sizes, curves, from = {} }: Panel, rows: readonly SavedGrowthLine[]): string {
  const sorted = rows.toSorted((one, other) => one.at - other.at)
  const points = curves.map(({ figure, per = 1 }) =>
    sorted
      .filter(({ at }) => at >= (from[figure] ?? 0))
      .map(({ at, figures }) => ({ at, value: (figures[figure] as number) / per })),
  )
  const values = points.flat().map(({ value }) => value)
  const [low, high] = [
    10 ** Math.floor(Math.log10(Math.min(...values))),
    10 ** Math.ceil(Math.log10(Math.max(...values))),
  ]
  const places = sorted.map(({ at }) => at)
  const x = (at: number) => left + (width - left - right) * placeOf(at, places)
  const y = (value: number) =>
    height - bottom - ((height - top - bottom) * Math.log(value / low)) / Math.log(high / low)
  const grid = Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, power) => low * 10 ** power).map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${fixed(y(value))}" y2="${fixed(y(value))}"/><text class="end" x="${left - 8}" y="${fixed(y(value) + 4)}">${label(value)}</text>`,
  )
  const marks = places.map(
    (at) => `<text class="middle" x="${fixed(x(at))}" y="${height - bottom + 16}">${label(at)}</text>`,
  )
  const heights = spread(points.map((curve) => y(curve.at(-1)?.value ?? low)))
  const lines = points.map((curve, index) => {
    const dots = curve.map(({ at, value }) => {
      return `<circle cx="${fixed(x(at))}" cy="${fixed(y(value))}" r="3"><title>${label(at)} ${sizes}: ${figure(value)}</title></circle>`
    })
    const path = curve.map(({ at, value }) => `${fixed(x(at))},${fixed(y(value))}`).join(' ')
    const last = curve.at(-1) as (typeof curve)[number]
    const name = `${curves[index]?.name}: ${figure(last.value)}`
    return `<g class="curve${index}"><polyline points="${path}"/>${dots.join('')}</g><text x="${width - right + 10}" y="${fixed((heights[index] as number) + 4)}">${escaped(name)}</text>`
  })
  const head = `<text x="8" y="14" class="name">${escaped(title)}</text><text class="middle" x="${(left + width - right) / 2}" y="${height - bottom + 32}">${sizes}</text>`
  return [head, ...grid, ...marks, ...lines].join('\n')
}

/** The heights, moved apart where two texts would lie on one another. */
function spread(heights: readonly number[]): number[] {
  const moved = [...heights]
  const order = moved.map((_, index) => index).toSorted((one, other) => moved[one]! - moved[other]!)
  for (let place = 1; place < order.length; place++) {
    const [above, below] = [order[place - 1] as number, order[place] as number]
    moved[below] = Math.max(moved[below] as number, (moved[above] as number) + textHeight)
  }
  return moved
}

/** From 0 to 1, by the logarithm; 0 itself stands a decade before the first of the others. */
function placeOf(at: number, places: readonly number[]): number {
  const positive = places.filter((place) => place > 0)
  const [first, last] = [Math.min(...positive), Math.max(...positive)]
  const least = places.includes(0) ? Math.log10(first) - 1 : Math.log10(first)
  if (last === first) return 0
  return ((at === 0 ? least : Math.log10(at)) - least) / (Math.log10(last) - least)
}

function label(value: number): string {
  return value >= 1 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(1)))
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(2)
}

function fixed(value: number): string {
  return value.toFixed(1)
}
