/** Recovery: a durable actor's state from the latest snapshot and the events after it. */
import type { ActorCell } from './actor-cell.ts'
import { DurabilityError, DurableVersionError, toError } from './errors.ts'
import { firstVersion, upcastTo, type Version } from './event-versions.ts'
import type { NodeJournal } from './node-journal.ts'
import { type Reminders, reminderDone, reminderSet, type StoredReminder } from './reminders.ts'
import { eventOf } from './run-turn.ts'
import { decodeValue } from './value-codec.ts'

/** The events of one turn; a version that is not there is 1. */
export type EventRecord = [name: string, event: unknown, version?: number][]
export type SnapshotRecord = [version: number, state: unknown, reminders: StoredReminder[]]

/** Whose recovery it is, and from where. */
interface Recovered {
  readonly journal: NodeJournal
  readonly cell: ActorCell
  readonly durableId: string
  readonly reminders: Reminders
}

/**
 * Brings the state of `cell`, which is fresh from `init`, back; tells `done` how many events came after the snapshot, or
 * what is wrong.
 */
export function recover(
  { journal, cell, durableId, reminders }: Recovered,
  done: (error: Error | undefined, eventsSinceSnapshot: number) => void,
): void {
  const { generation, definition } = cell
  let failure: Error | undefined
  let eventsSinceSnapshot = 0
  // A record that the definition cannot apply ends the recovery with its error; the rest is read and ignored.
  const attempt = (apply: () => void) => {
    if (failure !== undefined || cell.generation !== generation) return
    try {
      apply()
    } catch (cause) {
      failure =
        cause instanceof DurableVersionError
          ? cause
          : new DurabilityError(
              `${cell.path()} cannot be recovered: its definition rejects what the journal has of ${durableId}: ${toError(cause).message}`,
              { actor: cell.path(), durableId },
              { cause },
            )
    }
  }
  /** What was stored, as the definition wants it now. */
  const upcast = (what: string, known: Version, version: number, stored: unknown): unknown =>
    version === known.current ? stored : upcastTo(known, version, stored, { actor: cell.path(), durableId, what })
  const replay = (name: string, event: unknown, version: number) => {
    if (name === reminderSet) reminders.set(event as StoredReminder)
    else if (name === reminderDone) reminders.remove(event as string)
    else {
      const { update, title, version: known } = eventOf(cell, name)
      update(cell.state, upcast(title, known ?? firstVersion, version, event))
    }
  }
  journal.recover(durableId, {
    snapshot: (payload) =>
      attempt(() => {
        const [version, stored, storedReminders] = decodeValue(payload) as SnapshotRecord
        cell.state = definition.restore(upcast('snapshot', definition.snapshotVersion, version, stored))
        for (const reminder of storedReminders) reminders.set(reminder)
      }),
    event: (payload) =>
      attempt(() => {
        const events = decodeValue(payload) as EventRecord
        eventsSinceSnapshot += events.length
        for (const [name, event, version = 1] of events) replay(name, event, version)
      }),
    done: (error) => {
      if (cell.generation === generation && error === undefined && failure === undefined) reminders.startAll()
      done(error ?? failure, eventsSinceSnapshot)
    },
  })
}
