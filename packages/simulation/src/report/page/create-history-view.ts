/** A history: a lane for each client, an interval for each operation, in the order of calls and returns. Runs in the page. */
import type { createRows } from './create-rows.ts'
import type { PageData } from './page-data.ts'
import type { Lane, PageView } from './page-view.ts'

type History = NonNullable<PageData['history']>

export function createHistoryView(parts: { readonly createRows: typeof createRows }, history: History): PageView {
  const { clients, operations } = history
  /** A call or a return. */
  interface Moment {
    readonly operation: number
    readonly isCall: boolean
    readonly at: number
  }
  const moments: Moment[] = operations
    .flatMap(({ calledAt, returnedAt }, operation): Moment[] => [
      { operation, isCall: true, at: calledAt },
      ...(returnedAt === null ? [] : [{ operation, isCall: false, at: returnedAt }]),
    ])
    // What is called when another returns is concurrent with it.
    .sort((one, other) => one.at - other.at || Number(other.isCall) - Number(one.isCall))
  const callOf: number[] = []
  const returnOf: (number | undefined)[] = []
  moments.forEach(({ operation, isCall }, item) => {
    if (isCall) callOf[operation] = item
    else returnOf[operation] = item
  })
  const lanes: Lane[] = clients.map((client, group) => ({ label: client, title: client, group, isGroup: true }))
  const rows = parts.createRows(moments.length)
  const operationAt = (item: number) => operations[moments[item]?.operation ?? -1]
  const spanOf = (item: number): string => {
    const operation = operationAt(item)
    return operation === undefined ? '' : `[${operation.calledAt}, ${operation.returnedAt ?? 'never'}]`
  }

  return {
    lanes,
    laneWidth: 220,
    laneWidthMin: 140,
    laneOf: (item) => operationAt(item)?.client ?? -1,
    itemCount: moments.length,
    get rowCount() {
      return rows.count
    },
    itemOf: rows.itemOf,
    rowOf: rows.rowOf,
    filter: rows.filter,
    markOf: (item) => (operationAt(item)?.marked && moments[item]?.isCall ? history.text : undefined),
    place: (item) => `${moments[item]?.at ?? ''}`,
    searchText: (item) => {
      const operation = operationAt(item)
      return `${operation?.text}\n${clients[operation?.client ?? -1]}\n${operation?.marked ? 'marked' : ''}`.toLowerCase()
    },
    toggleGroup: () => {},
    paint: ({ firstRow, lastRow, x, y, laneWidth, rowHeight, hasLabels, characterWidth, draw }) => {
      operations.forEach(({ client, text, marked, returnedAt }, operation) => {
        const from = rows.exactRowOf(callOf[operation] as number)
        const end = returnOf[operation]
        const to = end === undefined ? rows.count : rows.rowOf(end)
        if (from === -1 || to < firstRow || from > lastRow) return
        const left = x(client) - laneWidth / 2 + 8
        const height = Math.max(2, y(to) - y(from))
        const className = `operation${marked ? ' marked' : ''}${returnedAt === null ? ' open' : ''}`
        draw('rect', { x: left, y: y(from), width: 10, height, rx: 3, class: className }, undefined, text)
        if (!hasLabels || rowHeight < 1) return
        const room = Math.floor((laneWidth - 30) / characterWidth)
        const shown = text.length > room ? `${text.slice(0, room - 1)}\u2026` : text
        const label = { x: left + 16, y: y(from) + 4, class: `label${marked ? ' failure' : ''}` }
        draw('text', label, shown, text)
      })
    },
    describe: (panel, item) => {
      const operation = operationAt(item)
      const document = panel.ownerDocument
      panel.replaceChildren()
      const add = (name: string, text: string, className: string) => {
        const element = document.createElement(name)
        element.textContent = text
        element.className = className
        panel.append(element)
      }
      add('p', history.text, 'mark')
      if (operation === undefined) return
      add('h2', operation.text, '')
      add('p', `${clients[operation.client]}, called and returned at ${spanOf(item)}`, '')
      add('p', moments[item]?.isCall ? 'called here' : 'returns here', '')
      if (operation.marked) add('p', 'No order explains this operation.', 'mark')
    },
  }
}
