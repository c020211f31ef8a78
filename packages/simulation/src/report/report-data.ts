/** From a {@link RunReport} to the data of the page: bounded, names as numbers, states as changes. */
import type { PageBand, PageChange, PageData, PageEvent } from './page/page-data.ts'
import type { ReportEvent, ReportHistory, ReportState, RunReport } from './run-report.ts'
import { stateLines } from './state-lines.ts'

/** What a report may hold. */
export interface ReportLimits {
  /** The last events are kept. Default 50,000. */
  readonly eventsMax?: number
  /** Characters of payloads and states, together. Default 30,000,000. */
  readonly charactersMax?: number
}

/** How long any one text may be. */
const textLengthMax = 1_000
/** Operations of a history that are shown: the marked one and those before it. */
const operationsMax = 10_000

/** The data of the page; `notes` say what was left out. */
export function pageData(run: RunReport, limits: ReportLimits = {}): PageData {
  const { eventsMax = 50_000, charactersMax = 30_000_000 } = limits
  const notes: string[] = []
  const leftOut = Math.max(0, run.events.length - eventsMax)
  if (leftOut > 0) notes.push(`The first ${leftOut} of ${run.events.length} events are left out.`)
  const nodes = new Map(run.nodes.map((name, index) => [name, index]))
  const actors = new Map(run.actors.map(({ path }, index) => [path, index]))
  const states = new StateChanges(actors)
  let charactersLeft = charactersMax
  const initial = states.merged([...(run.initial ?? []), ...run.events.slice(0, leftOut).flatMap(statesOf)])
  const events = run.events.slice(leftOut).map((event): PageEvent => {
    const { atMs = null, step, kind, message, from, to, again } = event
    const changes = charactersLeft > 0 ? statesOf(event).flatMap((state) => states.change(state)) : []
    const payload = charactersLeft > 0 && event.payload !== undefined ? cut(event.payload) : undefined
    charactersLeft -= (payload?.length ?? 0) + charactersOf(changes)
    return {
      atMs,
      step,
      kind,
      node: nodes.get(event.node) ?? -1,
      actor: (event.actor === undefined ? undefined : actors.get(event.actor)) ?? -1,
      text: cut(event.text),
      message: message === undefined ? undefined : cut(message),
      payload,
      from,
      to,
      cause: event.cause === undefined || event.cause < leftOut ? undefined : event.cause - leftOut,
      again,
      changes: changes.length === 0 ? undefined : changes,
      mark: event.mark === undefined ? undefined : cut(event.mark),
    }
  })
  if (charactersLeft <= 0) notes.push('Later payloads and states are left out: they are too large.')
  return {
    title: run.title,
    facts: run.facts,
    verdict: run.verdict ?? null,
    notes,
    nodes: run.nodes,
    actors: run.actors.map(({ path, node }) => ({ path, node: nodes.get(node) ?? 0 })),
    initial,
    events,
    bands: bandsOf(run, nodes, leftOut),
    history: run.history === undefined ? null : historyOf(run.history, notes),
  }
}

function statesOf(event: ReportEvent): readonly ReportState[] {
  return event.states ?? []
}

function bandsOf({ bands = [], events }: RunReport, nodes: ReadonlyMap<string, number>, leftOut: number): PageBand[] {
  const last = events.length - 1
  return bands
    .filter(({ to }) => (to ?? last) >= leftOut)
    .map((band) => ({
      kind: band.kind,
      nodes: band.nodes.flatMap((node) => nodes.get(node) ?? []),
      text: band.text,
      from: Math.max(0, band.from - leftOut),
      to: (band.to ?? last) - leftOut,
    }))
}

function historyOf({ text, clients, operations }: ReportHistory, notes: string[]): PageData['history'] {
  const indexes = new Map(clients.map((client, index) => [client, index]))
  const sorted = operations
    .filter(({ process }) => indexes.has(process))
    .sort((one, other) => one.calledAt - other.calledAt)
  const end = Math.max(operationsMax, sorted.findLastIndex(({ marked }) => marked) + operationsMax / 2)
  const shown = sorted.slice(Math.max(0, end - operationsMax), end)
  if (shown.length < sorted.length) notes.push(`${shown.length} of ${sorted.length} operations are shown.`)
  return {
    text,
    clients,
    operations: shown.map((operation) => ({
      client: indexes.get(operation.process) as number,
      calledAt: operation.calledAt,
      returnedAt: operation.returnedAt ?? null,
      text: cut(operation.text),
      marked: operation.marked,
    })),
  }
}

/** Each actor's lines as they were last, and what of them changes. */
class StateChanges {
  readonly #actors: ReadonlyMap<string, number>
  readonly #lines = new Map<number, Map<string, string>>()

  constructor(actors: ReadonlyMap<string, number>) {
    this.#actors = actors
  }

  /** The states after all of `states`, each actor's last alone. */
  merged(states: readonly ReportState[]): PageChange[] {
    const last = new Map(states.map((state) => [state.actor, state]))
    return [...last.values()].flatMap((state) => this.change(state))
  }

  change({ actor, state, behavior, ended = false }: ReportState): PageChange[] {
    const index = this.#actors.get(actor)
    if (index === undefined) return []
    const before = this.#lines.get(index) ?? new Map<string, string>()
    const lines = ended ? [] : stateLines(state)
    if (behavior !== undefined && !ended) lines.unshift(['(behavior)', behavior])
    const after = new Map(lines)
    this.#lines.set(index, after)
    const set = [...after].filter(([path, text]) => before.get(path) !== text)
    const unset = [...before.keys()].filter((path) => !after.has(path))
    return [{ actor: index, set, unset, ended }]
  }
}

function charactersOf(changes: readonly PageChange[]): number {
  let count = 0
  for (const { set, unset } of changes) {
    for (const [path, text] of set) count += path.length + text.length
    for (const path of unset) count += path.length
  }
  return count
}

function cut(text: string): string {
  return text.length > textLengthMax ? `${text.slice(0, textLengthMax)}...` : text
}
