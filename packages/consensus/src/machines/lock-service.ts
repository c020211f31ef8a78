/**
 * A replicated lock service with fencing tokens: each grant of a lock has a number above all grants of that lock before,
 * which whoever guards the resource compares, so that a holder that was held up and lost its lock can do no harm.
 *
 * A replicated state machine has no clock, so that a lock does not expire by itself: `expire` takes it from a holder
 * that somebody has watched die, and does nothing when the lock has changed hands since (`token`).
 */
import { replicate } from '../log/replicate.ts'
import type { StateMachine } from '../log/state-machine.ts'
import { requireCount, requireObject, requireOperation, requireText } from './command-check.ts'

/** A command on one lock. */
export type LockCommand =
  /** Takes the lock when it is free, or held by `owner` already: the token, or `undefined` when another has it. */
  | { readonly op: 'acquire'; readonly lock: string; readonly owner: string }
  /** Gives it back; false when `owner` does not hold it under `token`. */
  | { readonly op: 'release'; readonly lock: string; readonly owner: string; readonly token: number }
  /** Takes the lock away from whoever holds it under `token`; false when nobody does. */
  | { readonly op: 'expire'; readonly lock: string; readonly token: number }

/** Who holds a lock. */
export interface LockHolder {
  readonly owner: string
  readonly token: number
}

interface LockState {
  readonly holders: Map<string, LockHolder>
  /** The last token of each lock; kept when it is free, so that no token comes twice. */
  readonly tokens: Map<string, number>
}

const operations = ['acquire', 'release', 'expire'] as const

/** The machine by itself, for definitions with other options. */
export const lockMachine: StateMachine<
  LockState,
  LockCommand,
  number | boolean | undefined,
  { readonly lock: string },
  LockHolder | undefined
> = {
  initial: () => ({ holders: new Map(), tokens: new Map() }),
  apply({ holders, tokens }, command) {
    requireOperation(command, operations)
    const { lock } = command
    requireText('lock', lock)
    if (command.op !== 'expire') requireText('owner', command.owner)
    if (command.op !== 'acquire') requireCount('token', command.token)
    const holder = holders.get(lock)
    if (command.op === 'acquire') {
      if (holder !== undefined) return holder.owner === command.owner ? holder.token : undefined
      const token = (tokens.get(lock) ?? 0) + 1
      tokens.set(lock, token)
      holders.set(lock, { owner: command.owner, token })
      return token
    }
    if (holder?.token !== command.token) return false
    if (command.op === 'release' && holder.owner !== command.owner) return false
    return holders.delete(lock)
  },
  query({ holders }, query) {
    const { lock } = requireObject('a query', query)
    requireText('lock', lock)
    return holders.get(lock as string)
  },
}

/** Start it with `startReplicated`; a query tells who holds a lock. */
export const LockService = replicate({ name: 'LockService', module: import.meta.url }, lockMachine)
