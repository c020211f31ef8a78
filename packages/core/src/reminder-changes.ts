/**
 * What the turn under way of a durable actor does to its reminders. They are events as all others are, and come to be once
 * the turn went well: a turn that fails has changed no reminder.
 */
import type { EventRecord } from './durable-recovery.ts'
import type { Envelope } from './envelope.ts'
import { type Reminder, type Reminders, reminderDone, reminderSet, type StoredReminder } from './reminders.ts'

/** An event of a turn. */
type TurnEvent = EventRecord[number]

export class ReminderChanges {
  readonly #reminders: Reminders
  /** Keys of the reminders that the turn set or cancelled. */
  readonly #keys = new Set<string>()
  #stashed = false

  constructor(reminders: Reminders) {
    this.#reminders = reminders
  }

  /** Throws when the actor may not have one more of that key. */
  assertRoom(key: string): void {
    if (!this.#reminders.has(key)) this.#reminders.assertRoom(this.#keys.size)
  }

  set(stored: StoredReminder): TurnEvent {
    this.#keys.add(stored[0])
    return [reminderSet, stored]
  }

  /** `undefined` when there is none of that key. */
  cancel(key: string): TurnEvent | undefined {
    if (!this.#reminders.has(key) && !this.#keys.has(key)) return undefined
    this.#keys.add(key)
    return [reminderDone, key]
  }

  /** The turn has put its message aside. */
  stashed(): void {
    this.#stashed = true
  }

  /** The reminder that the turn has dealt with: one that it set anew, cancelled or put aside is not. */
  handledBy(envelope: Envelope | undefined): Reminder | undefined {
    const reminder = this.#reminders.handledBy(envelope)
    if (reminder === undefined || this.#keys.has(reminder.key)) return undefined
    if (this.#stashed) reminder.stashed = true
    return this.#stashed ? undefined : reminder
  }

  /** The turn went well: its changes come to be. */
  carryOut(events: EventRecord): void {
    if (this.#keys.size === 0) return
    for (const [name, event] of events) {
      if (name === reminderSet) this.#reminders.start(this.#reminders.set(event as StoredReminder))
      else if (name === reminderDone) this.#reminders.remove(event as string)
    }
  }

  /** What the turn leaves for the next one: nothing. */
  end(): void {
    this.#stashed = false
    if (this.#keys.size > 0) this.#keys.clear()
  }
}
