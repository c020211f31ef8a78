/** The event stream: what a system tells its operators. Local to each node; hosts forward what matters. */
import { EventEmitter } from 'eventemitter3'
import type { ActorRef } from './actor-ref.ts'
import type { LogFields, LogLevel } from './context.ts'
import type { DeadLetter } from './effects.ts'
import type { StuckTurn } from './inspection.ts'
import type { Directive } from './supervision.ts'
import { asNobody } from './turn-scopes.ts'

/** The events by name. */
export interface SystemEvents {
  /** A message that found no handler. */
  deadLetter: [DeadLetter]
  /**
   * A turn failed, or a promise that nobody awaited (`rejection`), or a durable actor's `snapshot` could not be stored; `directive`
   * is what supervision does about it.
   */
  failure: [
    {
      readonly actor: string
      readonly ref: ActorRef
      readonly message: string
      readonly error: Error
      readonly directive: Directive
    },
  ]
  /**
   * A promise that nobody awaited rejected when the generation of the actor that made it was over, or about to be, or was left by
   * what fails nobody, as the machine of a replicated log: nothing is done about it. Where `init` threw and no actor came of it, the actor is the node's guardian.
   */
  lateRejection: [
    { readonly actor: string; readonly ref: ActorRef; readonly generation: number; readonly error: Error },
  ]
  /** An actor began a new generation. */
  restarted: [{ readonly actor: string; readonly ref: ActorRef; readonly generation: number }]
  /** A failure went past the last supervisor: the actor under the node's guardian was stopped. */
  escalated: [{ readonly actor: string; readonly ref: ActorRef; readonly error: Error }]
  /** A node is up, for the first time or again with a higher epoch. */
  nodeUp: [{ readonly node: string; readonly epoch: number }]
  /** A node died. */
  nodeDown: [{ readonly node: string; readonly epoch: number; readonly reason: string; readonly error?: Error }]
  /** A node's thread does not move any more, and the turn it is in. Told once, on hosts that have a watchdog. */
  stuck: [{ readonly node: string; readonly epoch: number; readonly turn: StuckTurn }]
  /** The node's journal was opened; `tornBytes` were cut off its end. */
  journalOpened: [{ readonly node: string; readonly records: number; readonly tornBytes: number }]
  /** A service did not start, or did not stop in order or in time: a `ServiceError`. */
  serviceFailed: [{ readonly node: string; readonly service: string; readonly error: Error }]
  /** A log entry of an actor. */
  log: [LogEntry]
}

/** One log entry. */
export interface LogEntry {
  readonly level: LogLevel
  readonly node: string
  /** The actor's path. */
  readonly actor: string
  readonly definition: string
  readonly generation: number
  /** Milliseconds since the Unix epoch, by the node's clock. */
  readonly time: number
  readonly message: string
  readonly fields: LogFields
}

/** The event stream of a system: `system.events.on('deadLetter', (letter) => ...)`. */
export class EventStream extends EventEmitter<SystemEvents> {
  /** Calls the listeners. One that throws harms no actor: its error becomes an unhandled rejection. */
  override emit<Name extends keyof SystemEvents>(event: Name, ...facts: SystemEvents[Name]): boolean {
    return this.listenerCount(event) > 0 && this.#emitAsNobody(event, facts)
  }

  /** A method of its own: one with a function in it makes room for what that needs at each call. */
  #emitAsNobody<Name extends keyof SystemEvents>(event: Name, facts: SystemEvents[Name]): boolean {
    return asNobody(() => this.#emit(event, facts))
  }

  #emit<Name extends keyof SystemEvents>(event: Name, facts: SystemEvents[Name]): boolean {
    try {
      return super.emit(event, ...(facts as EventEmitter.EventArgs<SystemEvents, Name>))
    } catch (error) {
      void Promise.reject(error)
      return true
    }
  }
}
