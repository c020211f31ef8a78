/** What is wrong with a durable turn that does things in an order in which they cannot all be done. */
import type { ActorCell } from './actor-cell.ts'
import { DurabilityError, type ErrorFacts } from './errors.ts'

/** The actor does `what` (`persists deposited`) when it has asked for its history to be forgotten. */
export function afterForget(cell: ActorCell, durableId: string, what: string): DurabilityError {
  const actor = cell.path()
  const text = `${actor} ${what} after ctx.forget(), which ends its history; do it before, or not`
  return new DurabilityError(text, { actor, durableId })
}

/** It does `what` (`asks balance`), which cannot wait for the turn's end, when it has persisted; `first` says what to do first. */
export function afterPersist(cell: ActorCell, what: string, first: string, facts: ErrorFacts): DurabilityError {
  const actor = cell.path()
  const text = `${actor} ${what} after it persisted in the same turn; ${first} first, then persist`
  return new DurabilityError(text, { actor, ...facts })
}
