/**
 * Events of the other nodes on the event stream of the main thread, over the channel that messages take: so an event
 * that was published before its thread died is not lost with it. When a node raises more events than anyone can read,
 * or its channel is full, the rest are counted, and the count is told as a warning, again and again until there is room
 * for it.
 */
import type { EventStream, LogEntry, SystemEvents } from '@troupe/core'
import { decodeError, type ErrorData, encodeError, isErrorData, logSeverity } from '@troupe/core/host'
import { EncodeError } from './channel/index.ts'

/** The events that go from a node to the main thread. `nodeUp` and `nodeDown` are the main thread's own. */
type Forwarded =
  | 'deadLetter'
  | 'failure'
  | 'lateRejection'
  | 'restarted'
  | 'escalated'
  | 'journalOpened'
  | 'serviceFailed'
  | 'log'

const actorParts = { actor: 'string', ref: 'object' }
/** What each of them has to have, and of which type, before the main thread tells it to its listeners. */
const forwarded: { readonly [Name in Forwarded]: Readonly<Record<string, string>> } = {
  deadLetter: { to: 'object', name: 'string', reason: 'string' },
  failure: { ...actorParts, message: 'string', directive: 'string', errorData: 'object' },
  lateRejection: { ...actorParts, generation: 'number', errorData: 'object' },
  restarted: { ...actorParts, generation: 'number' },
  escalated: { ...actorParts, errorData: 'object' },
  journalOpened: { node: 'string', records: 'number', tornBytes: 'number' },
  serviceFailed: { node: 'string', service: 'string', errorData: 'object' },
  log: {
    level: 'string',
    node: 'string',
    actor: 'string',
    definition: 'string',
    generation: 'number',
    time: 'number',
    message: 'string',
    fields: 'object',
  },
}
const partsOf = new Map<unknown, Readonly<Record<string, string>>>(Object.entries(forwarded))

/** Events forwarded within one window at most, and the window's length in milliseconds. */
const eventsPerWindowMax = 1_000
const windowMs = 100

/** Sends an event towards the main thread; false when there was no room. */
export type SendEvent = (name: string, data: unknown) => boolean

/** Forwards what is emitted on one node's event stream. */
export class EventForwarding {
  readonly #node: string
  readonly #send: SendEvent
  #inWindow = 0
  #dropped = 0
  #window: NodeJS.Timeout | undefined

  constructor(options: { readonly node: string; readonly events: EventStream; readonly send: SendEvent }) {
    this.#node = options.node
    this.#send = options.send
    for (const name of Object.keys(forwarded) as Forwarded[])
      options.events.on(name, (event: unknown) => this.#forward(name, event))
  }

  /** The node ends: what was dropped is told now, and nobody waits for the end of a window. */
  end(): void {
    clearTimeout(this.#window)
    this.#endWindow()
    clearTimeout(this.#window)
  }

  #forward(name: Forwarded, event: unknown): void {
    this.#beginWindow()
    if (++this.#inWindow > eventsPerWindowMax || !this.#trySend(name, portableEvent(event))) this.#dropped++
  }

  #trySend(name: Forwarded, event: object): boolean {
    // What the main thread would refuse, such as a log entry whose message is no text, it must not hear of.
    if (!isForwardedEvent(name, event)) return false
    try {
      return this.#send(name, event)
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      // What the event carries cannot travel; that it happened can.
      const described = `not sendable: ${error.message}`
      return this.#send(name, {
        ...event,
        ...('payload' in event ? { payload: described } : { fields: { described } }),
      })
    }
  }

  #beginWindow(): void {
    this.#window ??= setTimeout(() => this.#endWindow(), windowMs).unref()
  }

  #endWindow(): void {
    this.#window = undefined
    this.#inWindow = 0
    const dropped = this.#dropped
    if (dropped === 0) return
    const message = `${dropped} events of this node were dropped, since there were too many`
    const entry: LogEntry = {
      level: 'warn',
      node: this.#node,
      actor: `/${this.#node}`,
      definition: 'Guardian',
      generation: 0,
      time: Date.now(),
      message,
      fields: { dropped },
    }
    if (this.#send('log', entry)) this.#dropped = 0
    // The channel that events find full has no room for the warning either, and no other event may ever come.
    else this.#beginWindow()
  }
}

/** True for the name and the data of an event that {@link EventForwarding} sends. */
export function isForwardedEvent(name: unknown, data: unknown): boolean {
  const parts = partsOf.get(name)
  if (parts === undefined || typeof data !== 'object' || data === null) return false
  const { errorData, ...rest } = data as Readonly<Record<string, unknown>>
  for (const [part, type] of Object.entries(parts)) {
    if (part === 'errorData') {
      if (!isErrorData(errorData)) return false
    } else if (!Object.hasOwn(rest, part) || typeof rest[part] !== type || rest[part] === null) return false
  }
  return name !== 'log' || Object.hasOwn(logSeverity, rest.level as string)
}

/** Emits on the main thread what {@link EventForwarding} sent. */
export function emitForwarded(events: EventStream, name: string, data: unknown): void {
  const { errorData, ...rest } = data as { readonly errorData?: ErrorData }
  const event = errorData === undefined ? rest : { ...rest, error: decodeError(errorData) }
  events.emit(name as 'log', event as SystemEvents['log'][0])
}

/** An event whose error keeps class and code on the way. */
function portableEvent(event: unknown): object {
  if (!(event as { error?: unknown }).error) return event as object
  const { error, ...rest } = event as { readonly error: Error }
  return { ...rest, errorData: encodeError(error) }
}
