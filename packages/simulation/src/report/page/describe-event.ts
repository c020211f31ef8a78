/** The panel beside the diagram: one event, and each actor's state after it with what changed. Runs in the page. */
import type { ActorState, StatesAt } from './create-states.ts'
import type { PageData } from './page-data.ts'

export function describeEvent(panel: HTMLElement, data: PageData, statesAt: StatesAt, index: number): void {
  const actorsMax = 200
  const document = panel.ownerDocument
  const add = (parent: Element, name: string, className: string, text?: string): HTMLElement => {
    const element = document.createElement(name)
    element.className = className
    if (text !== undefined) element.textContent = text
    parent.append(element)
    return element
  }
  const addLine = (table: Element, className: string, path: string, text: string) => {
    const row = add(table, 'tr', className)
    row.dataset.path = path
    add(row, 'th', '', path)
    add(row, 'td', '', text)
  }
  const showState = (actor: number, { lines, before, isAlive }: ActorState, isOpen: boolean) => {
    const details = add(panel, 'details', before === undefined ? '' : 'changed') as HTMLDetailsElement
    const path = data.actors[actor]?.path ?? ''
    details.dataset.actor = path
    details.open = isOpen
    add(details, 'summary', '', `${path}${isAlive ? '' : ' (ended)'}`)
    const table = add(details, 'table', '')
    // In one order, whatever was added first.
    const sorted = [...lines].sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
    for (const [name, text] of sorted) {
      const old = before?.get(name)
      const isNew = before !== undefined && old !== text
      if (isNew && old !== undefined) addLine(table, 'old', name, old)
      addLine(table, isNew ? 'new' : 'same', name, text)
    }
    for (const [name, text] of before ?? []) if (!lines.has(name)) addLine(table, 'old', name, text)
  }

  panel.replaceChildren()
  const event = data.events[index]
  if (event === undefined) return
  add(panel, 'h2', '', event.text)
  if (event.mark !== undefined) add(panel, 'p', 'mark', event.mark)
  const facts = add(panel, 'table', 'facts')
  const place = data.actors[event.actor]?.path ?? data.nodes[event.node] ?? 'the network'
  for (const [name, text] of [
    ['event', `${index + 1} of ${data.events.length}, step ${event.step}`],
    ['time', event.atMs === null ? undefined : `${event.atMs.toFixed(3)} ms`],
    ['kind', event.kind],
    ['where', place],
    ['from', event.from],
    ['to', event.to],
    ['message', event.message],
    ['payload', event.payload],
  ] as const) {
    if (text !== undefined) addLine(facts, '', name, text)
  }
  for (const band of data.bands) {
    if (band.from <= index && index <= band.to) add(panel, 'p', 'band', band.text)
  }
  const shown = data.actors
    .map((_, actor) => ({ actor, state: statesAt(actor, index) }))
    .filter(({ state }) => state.isAlive || state.before !== undefined)
    .sort((one, other) => rank(one) - rank(other))
  function rank({ actor, state }: (typeof shown)[number]): number {
    if (state.before !== undefined) return 0
    return actor === event?.actor ? 1 : 2
  }
  add(panel, 'h3', '', shown.length === 0 ? 'No states were recorded' : 'States after this event')
  shown.slice(0, actorsMax).forEach((entry, place) => {
    showState(entry.actor, entry.state, rank(entry) < 2 || place < 12)
  })
  if (shown.length > actorsMax) add(panel, 'p', '', `${shown.length - actorsMax} more actors`)
}
