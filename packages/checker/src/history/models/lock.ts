/** A lock that one owner holds at a time. */
import type { ObjectModel } from '../object-model.ts'
import { unknownOutput } from '../operation.ts'

/**
 * What a lock is asked. `acquire` returns once `owner` holds it; `tryAcquire` says at once whether it does now;
 * `release` gives it back, and is impossible for one that does not hold it.
 */
export interface LockInput {
  readonly name: 'acquire' | 'tryAcquire' | 'release'
  readonly owner: number | string
}

/** Of `tryAcquire` whether the lock was free and is now the owner's; of the others anything. */
export type LockOutput = boolean | undefined

/** The lock model: the state is the owner, or null. An owner that holds the lock does not get it again. */
export const lockModel: ObjectModel<number | string | null, LockInput, LockOutput> = {
  name: 'lock',
  init: () => null,
  step(owner, input, output) {
    switch (input.name) {
      case 'acquire':
        return owner === null ? [input.owner] : []
      case 'tryAcquire': {
        const free = owner === null
        if (output !== unknownOutput && output !== free) return []
        return [free ? input.owner : owner]
      }
      case 'release':
        return owner === input.owner ? [null] : []
    }
  },
  readOnly: (input, output) => input.name === 'tryAcquire' && output === false,
  describe(input, output) {
    const answer = input.name === 'tryAcquire' && output !== unknownOutput ? ` = ${String(output)}` : ''
    return `${input.name} by ${input.owner}${answer}${output === unknownOutput ? ', unanswered' : ''}`
  },
}
