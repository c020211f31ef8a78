/** A bank as a state machine that is replicated: what the documentation tests as an example of one's own machine. */
import { replicate, type StateMachine } from '@troupe/consensus'

export interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: number
}

export const opening = { ann: 100, bob: 100, eve: 100 } as const

export const bankMachine: StateMachine<Map<string, number>, Transfer, boolean, null, Record<string, number>> = {
  initial: () => new Map(Object.entries(opening)),
  apply(balances, { from, to, amount }) {
    const left = (balances.get(from) ?? 0) - amount
    if (left < 0) return false
    balances.set(from, left)
    balances.set(to, (balances.get(to) ?? 0) + amount)
    return true
  },
  query: (balances) => Object.fromEntries(balances),
}

export const Bank = replicate({ name: 'Bank', module: import.meta.url, snapshotEvery: 20 }, bankMachine)
