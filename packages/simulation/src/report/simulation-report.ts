/** A simulated run as a {@link RunReport}: its trace event by event, messages tied to what became of them. */
import { type ActorRef, mainNode, refKey } from '@troupe/core'
import { SimulationFailure } from '../simulation-errors.ts'
import type { StateChange } from '../state-recorder.ts'
import type { NodeEvent, SentEvent, TraceEvent } from '../trace.ts'
import { formatEvent, payloadText } from '../trace-format.ts'
import type {
  ReportActor,
  ReportBand,
  ReportEvent,
  ReportEventKind,
  ReportHistory,
  ReportState,
  RunReport,
} from './run-report.ts'

/** A run that kept its trace, or the failure of one that did. */
export type RecordedRun =
  | SimulationFailure
  | {
      readonly seed: number
      readonly hash: string
      readonly trace?: readonly TraceEvent[]
      readonly states?: readonly StateChange[]
    }

/** What else the report says. */
export interface SimulationReportOptions {
  /** Default `seed N`. */
  readonly title?: string
  /** What clients saw, such as a history that is not linearizable. */
  readonly history?: ReportHistory
  /** Names and values for the head of the page, beside seed, hash and time. */
  readonly facts?: readonly (readonly [name: string, value: string])[]
}

/** Characters of a payload that the report keeps. */
const payloadLengthMax = 400

/**
 * The report of a run of `simulate` with `trace: true`, or `trace: { states: true }` for the states of its actors; of a
 * run that failed, the `SimulationFailure`. Throws a `TypeError` for a run without a trace.
 */
export function simulationReport(run: RecordedRun, options: SimulationReportOptions = {}): RunReport {
  const { trace, states = [] } = run
  if (trace === undefined) throw new TypeError('a report needs a run with `trace: true` or `trace: { states: true }`')
  const builder = new ReportBuilder(trace, states)
  const { seed, hash } = run instanceof SimulationFailure ? run.facts : run
  const last = trace.at(-1)
  const facts: [string, string][] = [
    ['seed', String(seed)],
    ['hash', hash],
    ['virtual time', `${(last?.atMs ?? 0).toFixed(3)} ms`],
    ['steps', String(last?.step ?? 0)],
  ]
  let verdict: string | undefined
  if (run instanceof SimulationFailure) {
    const { virtualMs, step, property } = run.facts
    verdict = run.message.split('\n', 1)[0] as string
    const mark = property === undefined ? verdict : `violated: ${property}`
    builder.add({ atMs: virtualMs, step, kind: 'violation', node: '', text: mark, mark: verdict })
  }
  return {
    title: options.title ?? `seed ${seed}`,
    facts: [...facts, ...(options.facts ?? [])],
    verdict: verdict ?? options.history?.text,
    nodes: builder.nodes(),
    actors: [...builder.actors.values()],
    events: builder.events,
    bands: builder.bands,
    history: options.history,
  }
}

class ReportBuilder {
  readonly events: ReportEvent[] = []
  readonly bands: ReportBand[] = []
  readonly actors = new Map<string, ReportActor>()
  readonly #nodes = new Set<string>([mainNode])
  readonly #paths = new Map<string, string>()
  /** Messages that are under way, by sender's node, receiver's node and name: the index of each and its payload. */
  readonly #sent = new Map<string, { readonly index: number; readonly payload: unknown; arrived: boolean }[]>()
  readonly #openBands = new Map<string, number>()

  constructor(trace: readonly TraceEvent[], states: readonly StateChange[]) {
    for (const { actor, node } of states) this.#actor(actor, node)
    // References are resolved to paths by the turns, which may come after the messages that name them.
    for (const event of trace) {
      if (event.node !== '') this.#nodes.add(event.node)
      if (event.type !== 'turn') continue
      // With states, an actor without one is the runtime's own: its turns are shown on its node.
      if (states.length === 0) this.#actor(event.actor, event.node)
      this.#paths.set(refKey(event.ref), event.actor)
    }
    const changes = changesByEvent(trace, states)
    trace.forEach((event, index) => {
      this.#observe(event, index)
      this.add(this.#event(event, changes.get(index)))
    })
  }

  add(event: ReportEvent): void {
    this.events.push(event)
  }

  /** The nodes in the order of their names, the program's own first. */
  nodes(): string[] {
    const others = [...this.#nodes].filter((node) => node !== mainNode)
    return [mainNode, ...others.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))]
  }

  #actor(path: string, node: string): void {
    if (!this.actors.has(path)) this.actors.set(path, { path, node })
  }

  #pathOf(ref: ActorRef | undefined): string | undefined {
    return ref === undefined ? undefined : (this.#paths.get(refKey(ref)) ?? refPath(ref, this.actors))
  }

  #event(event: TraceEvent, states: readonly ReportState[] | undefined): ReportEvent {
    const { atMs, step, node } = event
    const base = { atMs, step, node, ...(states === undefined ? {} : { states }) }
    switch (event.type) {
      case 'turn': {
        const { actor, message, payload, sender, behavior } = event
        const cause = this.#cause(node, node, message, payload, true)
        const from = this.#pathOf(sender)
        const who = this.actors.has(actor) ? '' : `${actor.slice(actor.lastIndexOf('/') + 1)}: `
        const text = `${who}${message}${payloadText(payload)}${behavior === undefined ? '' : ` in ${behavior}`}`
        return { ...base, kind: 'turn', actor, text, message, payload: textOf(payload), from, to: actor, ...cause }
      }
      case 'sent':
      case 'delivered':
      case 'dropped':
      case 'duplicated':
      case 'reordered':
        return { ...base, ...this.#message(event, event.type) }
      case 'failure': {
        const { actor, message, error, directive } = event
        const mark = `${actor} failed in ${message}: ${error.message} (${directive})`
        return { ...base, kind: 'failure', actor, text: `failed: ${error.message} (${directive})`, message, mark }
      }
      case 'disk':
        return { ...base, kind: 'disk', text: afterPlace(event) }
      case 'partitioned':
      case 'healed':
      case 'faultBegan':
      case 'faultEnded':
      case 'faultPoint':
        return { ...base, kind: 'network', text: afterPlace(event) }
      default:
        return { ...base, kind: 'node', text: nodeText(event) }
    }
  }

  #message(
    event: Extract<TraceEvent, { readonly frame: unknown }>,
    kind: ReportEventKind & TraceEvent['type'],
  ): Omit<ReportEvent, 'step' | 'node'> {
    const { from, to, message, payload, sender, target } = event
    const actor = this.#pathOf(kind === 'delivered' ? target : kind === 'dropped' ? undefined : sender)
    const places = { from: this.#pathOf(sender) ?? from, to: this.#pathOf(target) ?? to }
    const text = {
      sent: `${message}${payloadText(payload)} to ${from === to ? (places.to ?? to) : to}`,
      delivered: `${message} from ${from}`,
      dropped: `lost (${event.type === 'dropped' ? event.reason : ''}): ${message} from ${from}`,
      duplicated: `twice: ${message} to ${to}`,
      reordered: `out of order: ${message} to ${to}`,
    }[event.type]
    const known = actor === undefined ? undefined : this.actors.get(actor)?.node === event.node ? actor : undefined
    const cause =
      event.type === 'delivered' || event.type === 'dropped' ? this.#cause(from, to, message, payload, false) : {}
    return { kind, text, actor: known, message, payload: textOf(payload), ...places, ...cause }
  }

  /** Notes messages that leave, and what lasts. */
  #observe(event: TraceEvent, index: number): void {
    switch (event.type) {
      case 'sent':
        this.#underWay(event).push({ index, payload: event.payload, arrived: false })
        break
      case 'duplicated': {
        const flights = this.#underWay(event)
        const flight = flights.findLast(({ payload }) => payload === event.payload)
        if (flight !== undefined) flights.push({ index: flight.index, payload: event.payload, arrived: true })
        break
      }
      case 'crashed':
        this.#end(`paused ${event.node}`, index)
        this.#begin(`down ${event.node}`, 'down', [event.node], `${event.node} is down: ${event.detail}`, index)
        break
      case 'started':
        this.#end(`down ${event.node}`, index)
        break
      case 'paused':
        this.#begin(`paused ${event.node}`, 'paused', [event.node], `${event.node} is paused`, index)
        break
      case 'resumed':
        this.#end(`paused ${event.node}`, index)
        break
      case 'partitioned': {
        const nodes = event.detail.split(/[\s,]+/).filter((word) => this.#nodes.has(word))
        this.#begin(`partition ${event.detail}`, 'partition', nodes, `cut: ${event.detail}`, index)
        break
      }
      case 'healed':
        this.#end(`partition ${event.detail}`, index)
        break
      default:
    }
  }

  #underWay({ from, to, message }: Pick<SentEvent, 'from' | 'to' | 'message'>) {
    const key = `${from}\n${to}\n${message}`
    const flights = this.#sent.get(key)
    if (flights !== undefined) return flights
    const fresh: { readonly index: number; readonly payload: unknown; arrived: boolean }[] = []
    this.#sent.set(key, fresh)
    return fresh
  }

  /** The message that arrives: the first one under way with this payload, which the network does not copy again. */
  #cause(
    from: string,
    to: string,
    message: string,
    payload: unknown,
    isLocal: boolean,
  ): Pick<ReportEvent, 'cause' | 'again'> {
    const flights = this.#sent.get(`${from}\n${to}\n${message}`)
    if (flights === undefined || (!isLocal && from === to)) return {}
    const place = flights.findIndex((flight) => Object.is(flight.payload, payload))
    if (place === -1) return {}
    const { index, arrived } = flights[place] as (typeof flights)[number]
    flights.splice(place, 1)
    return { cause: index, ...(arrived ? { again: true } : {}) }
  }

  #begin(key: string, kind: ReportBand['kind'], nodes: readonly string[], text: string, from: number): void {
    this.#end(key, from)
    this.#openBands.set(key, this.bands.push({ kind, nodes, text, from, to: undefined }) - 1)
  }

  #end(key: string, to: number): void {
    const place = this.#openBands.get(key)
    if (place === undefined) return
    this.#openBands.delete(key)
    this.bands[place] = { ...(this.bands[place] as ReportBand), to }
  }
}

/** State changes by the index of the event that they are shown with: the actor's turn in that step, or the step's last. */
function changesByEvent(trace: readonly TraceEvent[], states: readonly StateChange[]): Map<number, ReportState[]> {
  const byEvent = new Map<number, ReportState[]>()
  for (const { afterEvents, step, node, actor, state, behavior, ended } of states) {
    let place = Math.max(0, afterEvents - 1)
    for (let index = place; index >= 0 && trace[index]?.step === step; index--) {
      const event = trace[index] as TraceEvent
      const isCause = ended && event.type === 'crashed' && event.node === node
      if (!isCause && (event.type !== 'turn' || event.actor !== actor)) continue
      place = index
      break
    }
    const changes = byEvent.get(place)
    const change = { actor, state, behavior, ended }
    if (changes === undefined) byEvent.set(place, [change])
    else changes.push(change)
  }
  return byEvent
}

function refPath(ref: ActorRef, actors: ReadonlyMap<string, ReportActor>): string | undefined {
  const path = ref.name === undefined ? undefined : `/${ref.node}/${ref.name}`
  return path !== undefined && actors.has(path) ? path : undefined
}

/** What became of a node. */
function nodeText({ type, detail }: NodeEvent): string {
  if (type === 'downSeen') return `sees ${detail} down`
  return detail === '' ? type : `${type}: ${detail}`
}

/** {@link formatEvent} without when and where, which the page shows by itself. */
function afterPlace(event: TraceEvent): string {
  const line = formatEvent(event)
  return line.slice(line.indexOf(': ') + 2)
}

function textOf(payload: unknown): string | undefined {
  return payload === undefined ? undefined : payloadText(payload, payloadLengthMax).trimStart()
}
