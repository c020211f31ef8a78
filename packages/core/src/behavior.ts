/**
 * Behaviors: named handler sets of a definition. A cell is in one of them or, at the start of each generation, in none;
 * then `on` alone answers. The name is part of the cell as its state is, never a closure, so that it can be compared,
 * traced and restored.
 */
import type { ActorCell } from './actor-cell.ts'
import { ConfigurationError } from './errors.ts'

/** Earlier behaviors that `ctx.unbecome` can go back to; of more, the oldest are forgotten. */
const behaviorsBeforeMax = 8

/** The key of the timer of `ctx.become` with a timeout. Keys that begin with `@` are the runtime's own. */
export const behaviorTimerKey = '@behavior'

/** Puts the cell into the behavior `name`. Into the one that it is in already is no change. */
export function become(cell: ActorCell, name: string): void {
  const handlers = cell.definition.behaviors.get(name)
  if (handlers === undefined) {
    const known = [...cell.definition.behaviors.keys()].join(', ') || 'none'
    throw new ConfigurationError(
      `${cell.path()} becomes ${JSON.stringify(name)}, which its definition's behaviors do not have; there are: ${known}`,
      { actor: cell.path(), behavior: name },
    )
  }
  if (name === cell.behavior) return
  const before = cell.behaviorsBefore.slice(1 - behaviorsBeforeMax)
  before.push(cell.behavior)
  cell.behaviorsBefore = before
  cell.behavior = name
  cell.handlers = handlers
}

/** Puts the cell back into the behavior before this one, or, when none is remembered, into none. */
export function unbecome(cell: ActorCell): void {
  enterBehavior(cell, cell.behaviorsBefore.at(-1), cell.behaviorsBefore.slice(0, -1))
}

/** Puts the cell into `name`, with what was before it: for a new generation, and for hosts that restore cells. */
export function enterBehavior(
  cell: ActorCell,
  name: string | undefined,
  before: readonly (string | undefined)[],
): void {
  const { behaviors, handlers } = cell.definition
  cell.behavior = name
  cell.behaviorsBefore = before
  cell.handlers = (name === undefined ? undefined : behaviors.get(name)) ?? handlers
}
