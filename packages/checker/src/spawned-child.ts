/** A child that a turn spawns: what may be wrong with it, and what it is at first. */
import { NameTakenError, SpawnError } from '@troupe/core'
import { type ActorCell, type CompiledDefinition, cloneValue, toError } from '@troupe/core/host'
import type { Kin } from './local-table.ts'

/** A child as its spawner leaves it: its state is what `init` made. */
export interface SpawnedChild {
  readonly actor: number
  readonly args: unknown
  readonly state: unknown
}

/** `under`: what was to be spawned where, for errors. */
export function assertNameIsFree(
  children: Kin['children'],
  name: string | undefined,
  under: string,
  parent: ActorCell,
): void {
  if (name === undefined || !children.some((child) => child.name === name && !child.isGone)) return
  const what = `${under}: the name ${name} is taken; choose another or stop that actor first`
  throw new NameTakenError(what, { name, parent: parent.path() })
}

/** What `init` makes of `args`. */
export function firstState(definition: CompiledDefinition, args: unknown, under: string): unknown {
  try {
    return definition.init(cloneValue(args))
  } catch (cause) {
    const what = `${under}: init threw: ${toError(cause).message}`
    throw new SpawnError(what, { definition: definition.name }, { cause })
  }
}
