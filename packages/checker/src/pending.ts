/** What of an actor waits beside its mailbox: its timers, what it put aside, its asks, its disk and its family. */
import type { Kin } from './local-table.ts'
import type { Storage } from './storage.ts'

/** What a timer will deliver. When it does is a choice, so the delay is not part of it. */
export interface TimerMessage {
  readonly name: string
  readonly payload: unknown
  /** It stays pending when it fires. */
  readonly repeats?: true
}

/** What of an actor's local state the effects of a turn can change. */
export interface Pending {
  readonly timers: ReadonlyMap<string, TimerMessage>
  /** Messages put aside, by number. */
  readonly stash: readonly number[]
  /** Messages put back, which are handled before any other. */
  readonly front: readonly number[]
  /** The disk of a durable actor, where crashes are explored. */
  readonly storage: Storage | undefined
  /** The asks that the actor waits for, by number, sorted. */
  readonly asks: readonly number[]
  /** Those of others whose reply it has deferred. */
  readonly owed: readonly number[]
  readonly kin: Kin
}

/** The keys of timers that are reminders begin with this. */
export const reminderPrefix = 'reminder '
