/** The local states of one actor, numbered. */
import { frozenOfKey, keyOf } from './canonical-text.ts'
import { canonicalValue, frozen, type Refuse } from './canonical-value.ts'
import { Interner } from './interner.ts'
import type { NumberLog } from './number-log.ts'
import type { Pending, TimerMessage } from './pending.ts'
import type { Recovered } from './storage.ts'
import { StructureTable } from './structure-table.ts'
import type { SuspendedTurn } from './suspended-turn.ts'

/** A local state: what one actor is between two turns. */
export interface LocalState extends Pending {
  /** Frozen, in canonical order. */
  readonly state: unknown
  /** Pending timers by key, sorted. */
  readonly timers: ReadonlyMap<string, TimerMessage>
  /** The current behavior, and those before it that are remembered. */
  readonly behavior: string | undefined
  readonly behaviorsBefore: readonly (string | undefined)[]
  /** Its node crashed and has not come back: `state` is what it will come back with. */
  readonly isDown: boolean
  /** It has ended, or not begun: nothing of it is there. Local state 0 of every actor. */
  readonly isGone: boolean
  /** The turn that waits for a reply, and holds the mailbox. */
  readonly suspended: SuspendedTurn | undefined
}

/** What of an actor's local state is about its family and its generations. */
export interface Kin {
  /** The children that it ever had, in the order of their spawning. Their addresses are theirs for ever. */
  readonly children: readonly Child[]
  /** Of a child the arguments of its `init`. */
  readonly args: unknown
  /** It has not had its `started` turn. */
  readonly isStarting: boolean
  /** Restarts within the window of its budget, at most. */
  readonly restarts: number
}

interface Child {
  readonly actor: number
  readonly name: string | undefined
  readonly isGone: boolean
}

/** Of an actor without a family, that never failed. */
export const noKin: Kin = { children: [], args: undefined, isStarting: false, restarts: 0 }

export class LocalTable {
  readonly #interner: Interner<LocalState>
  /** Finds a local state again without making text of it: most turns lead to one that is known. */
  readonly #structures = new StructureTable()
  readonly #byStructure = new Map<number, number>()
  readonly #refuse: Refuse

  constructor(refuse: Refuse, log?: NumberLog) {
    this.#refuse = refuse
    this.#interner = new Interner(log, localOfKey)
  }

  get(id: number): LocalState {
    return this.#interner.get(id)
  }

  /** Characters of the text that says what local state `id` is. */
  textLength(id: number): number {
    return this.#interner.keyOf(id).length
  }

  /** The number of `local`, whose state and timers may still change afterwards. */
  intern(local: LocalState): number {
    const { state, timers, behavior, behaviorsBefore, stash, front, storage, isDown, isGone, asks, owed, kin } = local
    const disk = storage && [
      storage.recovered.key,
      storage.unsynced.map(({ recovered, held }) => [recovered.key, held]),
    ]
    const rest: unknown[] = [behavior, behaviorsBefore, stash, front, isDown, isGone, asks, owed, kin]
    if (local.suspended !== undefined) rest.push(local.suspended)
    const structure = this.#structures.numberOf([state, timers, rest, disk])
    const known = this.#byStructure.get(structure)
    if (known !== undefined) return known
    const id = this.#internNew(local, rest)
    if (structure >= 0) this.#byStructure.set(structure, id)
    return id
  }

  #internNew(local: LocalState, rest: readonly unknown[]): number {
    const state = canonicalValue(local.state, 'state', this.#refuse)
    const timers = canonicalValue(local.timers, 'timers', this.#refuse)
    const { storage } = local
    const disk = storage && [
      storage.recovered.key,
      ...storage.unsynced.map(({ recovered, held }) => `[${recovered.key},[${held}]]`),
    ]
    const key = `[${state.key},${timers.key},${keyOf(rest)},${disk && `[${disk}]`}]`
    return this.#interner.intern(key, () => ({
      ...local,
      state: frozen(state.value),
      timers: frozen(timers.value) as ReadonlyMap<string, TimerMessage>,
    }))
  }
}

type RecoveredData = Omit<Recovered, 'key'>

/** The local state that another thread has met. */
function localOfKey(key: string): LocalState {
  const [state, timers, rest, disk] = frozenOfKey(key) as [
    unknown,
    ReadonlyMap<string, TimerMessage>,
    [string | undefined, (string | undefined)[], number[], number[], boolean, boolean, number[], number[], Kin],
    [RecoveredData, ...[RecoveredData, number[]][]] | undefined,
  ]
  const [behavior, behaviorsBefore, stash, front, isDown, isGone, asks, owed, kin] = rest
  const withKey = (recovered: RecoveredData): Recovered => ({ ...recovered, key: keyOf(recovered) })
  const [recovered, ...unsynced] = disk ?? []
  const storage = recovered && {
    recovered: withKey(recovered),
    unsynced: unsynced.map(([after, held]) => ({ recovered: withKey(after), held })),
  }
  const pending = { timers, stash, front, storage, asks, owed, kin }
  // Turns that wait are those of one thread.
  return { ...pending, state, behavior, behaviorsBefore, isDown, isGone, suspended: undefined }
}
