/**
 * Events of the other nodes on the event stream of the main thread, over the channel that messages take: so an event
 * that was published before its thread died is not lost with it. When a node raises more events than anyone can read,
 * or its channel is full, the rest are counted, and the count is told as a warning.
 */
import type { EventStream, LogEntry, SystemEvents } from '@troupe/core'
import { decodeError, type ErrorData, encodeError } from '@troupe/core/host'
import { EncodeError } from './channel/index.ts'

/** The events that go from a node to the main thread. `nodeUp` and `nodeDown` are the main thread's own. */
const forwarded = ['deadLetter', 'failure', 'lateRejection', 'restarted', 'escalated', 'journalOpened', 'log'] as const
type Forwarded = (typeof forwarded)[number]

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
    for (const name of forwarded) options.events.on(name, (event: unknown) => this.#forward(name, event))
  }

  #forward(name: Forwarded, event: unknown): void {
    this.#window ??= setTimeout(() => this.#endWindow(), windowMs).unref()
    if (++this.#inWindow > eventsPerWindowMax || !this.#trySend(name, portableEvent(event))) this.#dropped++
  }

  #trySend(name: Forwarded, event: object): boolean {
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

  #endWindow(): void {
    this.#window = undefined
    this.#inWindow = 0
    const dropped = this.#dropped
    if (dropped === 0) return
    this.#dropped = 0
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
    if (!this.#send('log', entry)) this.#dropped += dropped
  }
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
