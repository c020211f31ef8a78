/** The disk of a durable actor, as far as a crash can tell: what recovery would bring back, and what is not synced yet. */
import { canonicalValue, frozen, type Refuse } from './canonical-value.ts'
import type { TimerMessage } from './pending.ts'

/** What an actor comes back with: its events applied to what `init` made, and its reminders by timer key. */
export interface Recovered {
  /** Equal exactly when the rest is. */
  readonly key: string
  readonly state: unknown
  readonly reminders: ReadonlyMap<string, TimerMessage>
}

export interface Storage {
  /** What the synced records amount to. */
  readonly recovered: Recovered
  /**
   * The records that no sync covers yet, the oldest first: a crash keeps some first ones of them, or none. Of a disk that
   * is there to stall they never leave, and nothing waits for them.
   */
  readonly unsynced: readonly UnsyncedRecord[]
}

/** The record of one turn. */
interface UnsyncedRecord {
  /** What recovery brings back when this record was written, and nothing after it. */
  readonly recovered: Recovered
  /** Messages that wait for its sync, by number. */
  readonly held: readonly number[]
}

/** What recovery makes of `state` and of `reminders`; throws what `refuse` makes of a state that is not plain data. */
export function recoveredOf(state: unknown, reminders: ReadonlyMap<string, TimerMessage>, refuse: Refuse): Recovered {
  const { key, value } = canonicalValue({ state, reminders }, 'state', refuse)
  return { ...(frozen(value) as Omit<Recovered, 'key'>), key }
}
