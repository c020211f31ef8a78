/** The space-time diagram: a lane for each node and actor, a row for each event, arrows for messages. Runs in the page. */
import type { createRows } from './create-rows.ts'
import type { StatesAt } from './create-states.ts'
import type { describeEvent } from './describe-event.ts'
import type { PageData, PageEvent } from './page-data.ts'
import type { Frame, Lane, PageView } from './page-view.ts'

/** What else of the page it is made of. */
export interface RunViewParts {
  readonly createRows: typeof createRows
  readonly describeEvent: typeof describeEvent
}

export function createRunView(parts: RunViewParts, data: PageData, statesAt: StatesAt): PageView {
  /** More actors than this begin folded into their nodes. */
  const openActorsMax = 16
  const { events, nodes, actors, bands } = data
  const rows = parts.createRows(events.length)
  const open = new Set(actors.length <= openActorsMax ? nodes.keys() : [])
  let lanes: Lane[] = []
  let laneOfNode: number[] = []
  let laneOfActor: number[] = []

  function layOut(): void {
    lanes = []
    laneOfNode = []
    laneOfActor = []
    nodes.forEach((name, group) => {
      const own = actors.flatMap(({ path, node }, actor) => (node === group ? [{ path, actor }] : []))
      const isOpen = open.has(group)
      const sign = own.length === 0 ? '' : isOpen ? '\u25be ' : '\u25b8 '
      laneOfNode[group] = lanes.length
      const title = own.length === 0 ? name : `${name}: ${own.length} actors`
      lanes.push({ label: sign + name, title, group, isGroup: true })
      for (const { path, actor } of own) {
        laneOfActor[actor] = isOpen ? lanes.length : (laneOfNode[group] as number)
        if (!isOpen) continue
        const label = path.startsWith(`/${name}/`) ? path.slice(name.length + 2) : path
        lanes.push({ label, title: path, group, isGroup: false })
      }
    })
  }

  const laneOf = ({ node, actor }: PageEvent): number => laneOfActor[actor] ?? laneOfNode[node] ?? -1

  /** Each message as an arrow from the row where it was sent to that of its arrival or loss. */
  function paintArrows({ firstRow, lastRow, x, y, draw, rowHeight, stride }: Frame): void {
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as PageEvent
      if (event.cause === undefined) continue
      // What went wrong is thinned out less.
      const isFault = event.kind === 'dropped' || event.again === true
      if (index % (isFault ? Math.ceil(stride / 4) : stride) !== 0) continue
      const from = rows.exactRowOf(event.cause)
      const to = rows.exactRowOf(index)
      if (from === -1 || to === -1 || to < firstRow || from > lastRow) continue
      const x1 = x(laneOf(events[event.cause] as PageEvent))
      const x2 = x(laneOf(event))
      const kind = event.kind === 'dropped' ? 'lost' : event.again === true ? 'again' : 'message'
      const line = { x1, y1: y(from), x2, y2: y(to), class: `arrow ${kind}` }
      draw('line', rowHeight >= 8 ? { ...line, 'marker-end': `url(#head-${kind})` } : line)
    }
  }

  function paintBands({ firstRow, lastRow, laneWidth, x, y, draw }: Frame): void {
    for (const band of bands) {
      const from = rows.rowOf(band.from)
      const to = rows.rowOf(band.to)
      if (to < firstRow || from > lastRow) continue
      const top = y(Math.max(from, firstRow - 1))
      const height = Math.max(2, y(Math.min(to, lastRow + 1)) - top)
      for (const group of band.nodes) {
        lanes.forEach((lane, index) => {
          if (lane.group !== group) return
          // A cut of the network leaves the node at work: a stripe beside its lane.
          const isStripe = band.kind === 'partition'
          if (isStripe && !lane.isGroup) return
          const left = x(index) - laneWidth / 2
          const width = isStripe ? 6 : laneWidth
          draw('rect', { x: left, y: top, width, height, class: `band ${band.kind}` }, undefined, band.text)
        })
      }
    }
  }

  function paintEvent(index: number, row: number, frame: Frame): void {
    const { x, y, draw, hasLabels, rowHeight, width, characterWidth, gutter } = frame
    const event = events[index] as PageEvent
    const lane = laneOf(event)
    const left = lane === -1 ? gutter + 8 : x(lane)
    const top = y(row)
    const size = Math.max(1, Math.min(4, rowHeight / 3))
    const className = `event ${event.kind}`
    const box = { x: left - size, y: top - size, width: 2 * size, height: 2 * size, class: className }
    if (event.kind === 'dropped') {
      const cross = `M${left - size} ${top - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`
      draw('path', { d: cross, class: className })
    } else if (['node', 'network', 'disk', 'failure', 'violation'].includes(event.kind)) draw('rect', box)
    else draw('circle', { cx: left, cy: top, r: size, class: className })
    if (!hasLabels) return
    const room = Math.floor((Math.max(width, x(lanes.length)) - left - 12) / characterWidth)
    const sign = event.again === true ? `${event.text} (again)` : event.text
    const text = sign.length > room ? `${sign.slice(0, Math.max(0, room - 1))}\u2026` : sign
    draw('text', { x: left + 8, y: top + 4, class: `label ${event.kind}` }, text, sign)
  }

  layOut()
  return {
    laneWidth: 120,
    laneWidthMin: 64,
    laneOf: (item) => {
      const event = events[item]
      return event === undefined ? -1 : laneOf(event)
    },
    itemCount: events.length,
    get lanes() {
      return lanes
    },
    get rowCount() {
      return rows.count
    },
    itemOf: rows.itemOf,
    rowOf: rows.rowOf,
    filter: rows.filter,
    markOf: (item) => events[item]?.mark,
    place: (item) => {
      const event = events[item]
      if (event === undefined) return ''
      return event.atMs === null ? `#${event.step}` : `${event.atMs.toFixed(3)} #${event.step}`
    },
    searchText: (item) => {
      const event = events[item] as PageEvent
      const { text, message = '', payload = '', from = '', to = '', mark = '', kind, step } = event
      const place = actors[event.actor]?.path ?? nodes[event.node] ?? ''
      return [text, message, payload, from, to, mark, kind, `#${step}`, place].join('\n').toLowerCase()
    },
    toggleGroup: (group) => {
      if (!open.delete(group)) open.add(group)
      layOut()
    },
    paint: (frame) => {
      paintBands(frame)
      paintArrows(frame)
      for (let row = frame.firstRow; row <= frame.lastRow; row++) {
        const item = rows.itemOf(row)
        if (item % frame.stride === 0 || events[item]?.mark !== undefined) paintEvent(item, row, frame)
      }
    },
    describe: (panel, item) => parts.describeEvent(panel, data, statesAt, item),
  }
}
