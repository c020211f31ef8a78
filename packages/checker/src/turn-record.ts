/** What the turn of a durable actor writes to its disk, where crashes are explored. */
import { type ActorCell, applyEvent, cloneValue } from '@troupe/core/host'
import type { Refuse } from './canonical-value.ts'
import { reminderPrefix } from './pending.ts'
import type { RecordedEffects } from './recorded-effects.ts'
import { type Recovered, recoveredOf, type Storage } from './storage.ts'

/**
 * Ends the turn of a durable actor: its events are a record, which what it sent waits for; what was told early goes. `timer`: the
 * key of the timer that the turn was for.
 */
export function commit(
  effects: RecordedEffects,
  cell: ActorCell,
  timer: string | undefined,
  { recovered, unsynced }: Storage,
  refuse: Refuse,
): void {
  const next = recordOf(effects, cell, timer, unsynced.at(-1)?.recovered ?? recovered, refuse)
  if (next !== undefined) {
    effects.storage = { recovered, unsynced: [...unsynced, { recovered: next, held: effects.sent }] }
    effects.sent = effects.sentEarly
    return
  }
  const waiting = unsynced.at(-1)
  if (waiting === undefined || effects.sent.length === 0) {
    effects.sent = [...effects.sentEarly, ...effects.sent]
    return
  }
  const held = { ...waiting, held: [...waiting.held, ...effects.sent] }
  effects.storage = { recovered, unsynced: [...unsynced.slice(0, -1), held] }
  effects.sent = effects.sentEarly
}

/** What the disk holds with the record of a turn, where it held `latest` before; `undefined` if the turn writes none. */
export function recordOf(
  effects: RecordedEffects,
  cell: ActorCell,
  timer: string | undefined,
  latest: Recovered,
  refuse: Refuse,
): Recovered | undefined {
  const reminder = timer?.startsWith(reminderPrefix) ? timer : undefined
  const isDone = reminder !== undefined && !effects.remindersChanged.has(reminder) && !effects.stashedNow
  if (effects.events.length === 0 && effects.remindersChanged.size === 0 && !isDone) return undefined
  const reminders = new Map(latest.reminders)
  if (isDone) reminders.delete(reminder)
  for (const [key, message] of effects.remindersChanged) {
    if (message === undefined) reminders.delete(key)
    else reminders.set(key, message)
  }
  // The events are applied to what the disk had before: the state may hold more than they say.
  const live = cell.state
  cell.state = cloneValue(latest.state)
  for (const [name, event] of effects.events) applyEvent(cell, name, event)
  const next = recoveredOf(cell.state, reminders, refuse)
  cell.state = live
  return next
}
