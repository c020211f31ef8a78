/** What an observer notes of each replica, for as long as it is not started again: then its state is another object. */
import type { ReplicaState } from './replica-state.ts'

/** Replicas are so few that one is found faster by going through them than in a map. */
export class ReplicaRecords<Noted> {
  readonly #states: ReplicaState[] = []
  readonly #records: Noted[] = []

  /** `undefined` for a replica that was started again, or is met for the first time. */
  of(state: ReplicaState): Noted | undefined {
    const states = this.#states
    for (let index = 0; index < states.length; index++) if (states[index] === state) return this.#records[index]
    return undefined
  }

  /** Notes it in the place of that of the replica's life before, and returns it. */
  add(state: ReplicaState, record: Noted): Noted {
    const at = this.#placeOf(state.id)
    const place = at < 0 ? this.#states.length : at
    this.#states[place] = state
    this.#records[place] = record
    return record
  }

  remove(id: string): void {
    const at = this.#placeOf(id)
    if (at < 0) return
    this.#states.splice(at, 1)
    this.#records.splice(at, 1)
  }

  #placeOf(id: string): number {
    return this.#states.findIndex((state) => state.id === id)
  }
}
