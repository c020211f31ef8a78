/**
 * Reminders: timers of a durable actor that outlive it. Setting and cancelling one are events of the turn; the turn that
 * handles a reminder has its removal as one more event, in the same record as what it persists. So a reminder comes
 * until a turn that handled it is durable, and takes effect once.
 *
 *     set --> [record] --> due, an envelope in the mailbox --> turn --> [record: its events, and "done"]
 *                            ^------- node died, turn failed -------'
 */
import type { ActorCell } from './actor-cell.ts'
import { Envelope, EnvelopeKind } from './envelope.ts'
import { DurabilityError } from './errors.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { ScheduledTask } from './ports/clock.ts'
import { dropMessage } from './stash.ts'

/** A reminder to be set. */
export interface ReminderRequest {
  readonly key: string
  /** When it is due, in milliseconds since the Unix epoch by the node's clock. */
  readonly atMs: number
  readonly name: string
  readonly payload: unknown
}

/** A reminder as records and snapshots have it. */
export type StoredReminder = readonly [key: string, atMs: number, name: string, payload: unknown]

/** The names of the runtime's own events. */
export const reminderSet = '@set'
export const reminderDone = '@done'

/** Reminders that one actor may have at a time. */
export const remindersMax = 10_000
/** How long a reminder waits after a failed turn whose actor resumed, in milliseconds. */
const retryMs = 1_000
/** The longest wait that a clock takes at a time. */
const waitMsMax = 2 ** 31 - 1

/** One reminder that has not been handled. */
export interface Reminder extends ReminderRequest {
  task: ScheduledTask | undefined
  /** Its message, once it is due and was handed to a turn. */
  message: Envelope | undefined
  /** True when that turn put the message aside. */
  stashed: boolean
}

/** The reminders of one durable actor. */
export class Reminders {
  readonly #kernel: NodeKernel
  readonly #cell: ActorCell
  readonly #byKey = new Map<string, Reminder>()
  /** Those whose message was handed to a turn that is not over. */
  readonly #handling = new Map<Envelope, Reminder>()

  constructor(kernel: NodeKernel, cell: ActorCell) {
    this.#kernel = kernel
    this.#cell = cell
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** Throws when the actor may not have one more, beside `more` that its turn has set. */
  assertRoom(more: number): void {
    if (this.#byKey.size + more < remindersMax) return
    const actor = this.#cell.path()
    throw new DurabilityError(`${actor} has ${remindersMax} reminders, which is the most: cancel some`, { actor })
  }

  /** Puts a reminder in, in the place of the one of the same key; it does not run before {@link start}. */
  set([key, atMs, name, payload]: StoredReminder): Reminder {
    this.remove(key)
    const reminder: Reminder = { key, atMs, name, payload, task: undefined, message: undefined, stashed: false }
    this.#byKey.set(key, reminder)
    return reminder
  }

  remove(key: string): void {
    const reminder = this.#byKey.get(key)
    if (reminder === undefined) return
    reminder.task?.cancel()
    this.#byKey.delete(key)
    this.#takeBack(reminder)
  }

  /** Its message, where it waits in the stash, is no more. */
  #takeBack({ message, stashed }: Reminder): void {
    if (message === undefined) return
    this.#handling.delete(message)
    if (stashed) dropMessage(this.#cell, message)
  }

  /** Waits until it is due. */
  start(reminder: Reminder, notBeforeMs = 0): void {
    const { clock } = this.#kernel.ports
    const waitMs = Math.max(0, Math.max(reminder.atMs, notBeforeMs) - clock.now())
    reminder.task = clock.schedule(Math.min(waitMs, waitMsMax), () => {
      if (this.#byKey.get(reminder.key) !== reminder || !this.#kernel.alive) return
      if (waitMs > waitMsMax) this.start(reminder, notBeforeMs)
      else this.#kernel.enqueue(this.#cell, reminderEnvelope(reminder))
    })
  }

  /** Waits for all of them; those that are due already come in the order of their times. */
  startAll(): void {
    const byTime = [...this.#byKey.values()].sort((left, right) => left.atMs - right.atMs)
    for (const reminder of byTime) this.start(reminder)
  }

  /** Forgets them here; what the journal has of them stays. */
  clear(): void {
    for (const reminder of this.#byKey.values()) {
      reminder.task?.cancel()
      this.#takeBack(reminder)
    }
    this.#byKey.clear()
    this.#handling.clear()
  }

  /** The message of a reminder that came due, unless it was cancelled or replaced meanwhile. */
  due(reminder: Reminder): Envelope | undefined {
    if (this.#byKey.get(reminder.key) !== reminder) return undefined
    const message = new Envelope(EnvelopeKind.message, reminder.name, reminder.payload, this.#cell.ref, undefined)
    reminder.message = message
    this.#handling.set(message, reminder)
    return message
  }

  /** The reminder whose message that is, if it still is to be handled. */
  handledBy(message: Envelope | undefined): Reminder | undefined {
    return message === undefined || this.#handling.size === 0 ? undefined : this.#handling.get(message)
  }

  /** Its turn failed: it comes again, unless a restart, which brings it anyway, is faster. */
  failed(message: Envelope): void {
    const reminder = this.handledBy(message)
    if (reminder === undefined) return
    this.#handling.delete(message)
    reminder.message = undefined
    this.start(reminder, this.#kernel.now() + retryMs)
  }

  /** All of them, for a snapshot. */
  stored(): StoredReminder[] {
    return [...this.#byKey.values()].map(({ key, atMs, name, payload }) => [key, atMs, name, payload])
  }
}

function reminderEnvelope(reminder: Reminder): Envelope {
  return new Envelope(EnvelopeKind.reminder, reminder.name, reminder, undefined, undefined)
}
