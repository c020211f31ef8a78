/** What the bank is to its clients, were it one object: docs/consensus.md quotes it. */
import { type ObjectModel, unknownOutput } from '@troupe/checker'
import { opening, type Transfer } from './bank-machine.ts'

export type Operation = Transfer | 'balances'
type Balances = Record<string, number>

/** Written by itself: a model that calls the machine has the machine's mistakes. */
export const bankModel: ObjectModel<Balances, Operation, unknown> = {
  name: 'bank',
  init: () => ({ ...opening }),
  step(state, operation, output) {
    if (operation === 'balances') return same(state, output) ? [state] : []
    const { from, to, amount } = operation
    const left = (state[from] ?? 0) - amount
    const taken = { ...state, [from]: left }
    const after = left < 0 ? state : { ...taken, [to]: (taken[to] ?? 0) + amount }
    return output === unknownOutput || output === left >= 0 ? [after] : []
  },
  readOnly: (operation) => operation === 'balances',
  key: (state) => JSON.stringify(state),
  describe: (operation, output) => `${JSON.stringify(operation)} = ${JSON.stringify(output)}`,
}

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right)
