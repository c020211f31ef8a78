/**
 * What happens in a system on Node's `diagnostics_channel`s, for tools that know nothing of actors. On the main thread
 * the channels tell of every node, on a worker thread of its own. Nothing is published, or made, without subscribers.
 *
 * | channel | message |
 * |---|---|
 * | `troupe:dead-letter`, `troupe:failure`, `troupe:late-rejection`, `troupe:restart`, `troupe:escalated`, `troupe:service-failed`, `troupe:stuck`, `troupe:log` | the event of `system.events` |
 * | `troupe:node` | `{ node, epoch, status: 'up' \| 'down', reason? }` |
 * | `tracing:troupe:ask:*` | {@link AskTrace}: `start` and `end` when it is sent, `error`, `asyncStart` and `asyncEnd` when it ends |
 */
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { type EventStream, refKey } from '@troupe/core'
import type { AskObserver, ObservedAsk } from '@troupe/core/host'

/** What the tracing channel `troupe:ask` tells of one ask; one object from its begin to its end. */
export interface AskTrace {
  readonly node: string
  /** The asker's path; `undefined` when it is no actor. */
  readonly from: string | undefined
  /** The address asked, as `refKey` prints it. */
  readonly to: string
  readonly message: string
  /** How it failed; absent while it is open and when there was a reply. */
  error?: Error
}

const relayed = {
  deadLetter: channel('troupe:dead-letter'),
  failure: channel('troupe:failure'),
  lateRejection: channel('troupe:late-rejection'),
  restarted: channel('troupe:restart'),
  escalated: channel('troupe:escalated'),
  serviceFailed: channel('troupe:service-failed'),
  stuck: channel('troupe:stuck'),
  log: channel('troupe:log'),
} as const
const nodeChannel = channel('troupe:node')

/** Publishes what is emitted on an event stream. */
export function publishEvents(events: EventStream): void {
  for (const [name, to] of Object.entries(relayed)) {
    events.on(name as keyof typeof relayed, (event: unknown) => {
      if (to.hasSubscribers) to.publish(event)
    })
  }
  events.on('nodeUp', (event) => {
    if (nodeChannel.hasSubscribers) nodeChannel.publish({ ...event, status: 'up' })
  })
  events.on('nodeDown', (event) => {
    if (nodeChannel.hasSubscribers) nodeChannel.publish({ ...event, status: 'down' })
  })
}

/** Publishes the asks of a node. */
export class AskTracing implements AskObserver {
  readonly #node: string
  readonly #channels = tracingChannel<AskTrace>('troupe:ask')
  readonly #traces = new WeakMap<ObservedAsk, AskTrace>()

  constructor(node: string) {
    this.#node = node
  }

  get isWatching(): boolean {
    return this.#channels.hasSubscribers
  }

  askOpened(ask: ObservedAsk): void {
    if (!this.#channels.hasSubscribers) return
    const trace: AskTrace = { node: this.#node, from: ask.from?.path(), to: refKey(ask.to), message: ask.name }
    this.#traces.set(ask, trace)
    this.#channels.start.publish(trace)
    this.#channels.end.publish(trace)
  }

  askEnded(ask: ObservedAsk, error: Error | undefined): void {
    const trace = this.#channels.hasSubscribers ? this.#traces.get(ask) : undefined
    if (trace === undefined) return
    if (error !== undefined) {
      trace.error = error
      this.#channels.error.publish(trace)
    }
    this.#channels.asyncStart.publish(trace)
    this.#channels.asyncEnd.publish(trace)
  }
}
