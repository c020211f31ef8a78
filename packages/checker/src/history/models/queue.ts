/** A first-in, first-out queue. */
import type { ObjectModel } from '../object-model.ts'
import { unknownOutput } from '../operation.ts'

/** What a queue is asked. */
export type QueueInput<Item> = { readonly name: 'enqueue'; readonly item: Item } | { readonly name: 'dequeue' }

/** Of a dequeue the item, `null` when the queue was empty; of an enqueue anything. */
export type QueueOutput<Item> = Item | null | undefined

/** The queue model. Items are compared by `Object.is`. */
export function queueModel<Item extends string | number | boolean>(): ObjectModel<
  readonly Item[],
  QueueInput<Item>,
  QueueOutput<Item>
> {
  return {
    name: 'queue',
    init: () => [],
    step(state, input, output) {
      if (input.name === 'enqueue') return [[...state, input.item]]
      const head = state.length === 0 ? null : (state[0] as Item)
      return output === unknownOutput || Object.is(output, head) ? [state.slice(1)] : []
    },
    readOnly: (input, output) => input.name === 'dequeue' && output === null,
    describe(input, output) {
      const unanswered = output === unknownOutput ? ', unanswered' : ''
      if (input.name === 'enqueue') return `enqueue ${JSON.stringify(input.item)}${unanswered}`
      return `dequeue${output === unknownOutput ? unanswered : ` = ${output === null ? 'empty' : JSON.stringify(output)}`}`
    },
  }
}
