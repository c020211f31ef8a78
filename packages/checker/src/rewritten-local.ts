/** A local state with something in it called by another name: an id that was exchanged, an ask that is over. */
import { type LocalState, noKin } from './local-table.ts'
import type { SuspendedTurn } from './suspended-turn.ts'

/** What becomes of the parts of a local state. */
export interface Rewriting {
  value<Value>(value: Value): Value
  messages(ids: readonly number[]): number[]
  asks(ids: readonly number[]): number[]
  suspended(turn: SuspendedTurn): SuspendedTurn
}

export function rewrittenLocal(before: LocalState, by: Rewriting): LocalState {
  const { state, timers, stash, front, storage, asks, owed, kin, suspended } = before
  return {
    ...before,
    state: by.value(state),
    timers: by.value(timers),
    stash: by.messages(stash),
    front: by.messages(front),
    asks: by.asks(asks),
    owed: by.asks(owed),
    kin: kin === noKin ? kin : by.value(kin),
    suspended: suspended && by.suspended(suspended),
    storage: storage && {
      recovered: by.value(storage.recovered),
      unsynced: storage.unsynced.map(({ recovered, held }) => ({
        recovered: by.value(recovered),
        held: by.messages(held),
      })),
    },
  }
}
