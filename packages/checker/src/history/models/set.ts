/** A set of items that is added to, taken from, asked for one item or read as a whole. */
import type { ObjectModel } from '../object-model.ts'
import { unknownOutput } from '../operation.ts'

/** What a set is asked. */
export type SetInput<Item> =
  | { readonly name: 'add' | 'remove' | 'has'; readonly item: Item }
  | { readonly name: 'read' }

/** Of `read` all items in any order, each once; of `has` whether it is there; of the others anything. */
export type SetOutput<Item> = readonly Item[] | boolean | undefined

/** The set model. Whoever never reads the whole set may give `partition: (input) => String(input.item)`. */
export function setModel<Item extends string | number>(): ObjectModel<
  ReadonlySet<Item>,
  SetInput<Item>,
  SetOutput<Item>
> {
  return {
    name: 'set',
    init: () => new Set(),
    step(state, input, output) {
      switch (input.name) {
        case 'add':
          return [state.has(input.item) ? state : new Set(state).add(input.item)]
        case 'remove': {
          const rest = new Set(state)
          return [rest.delete(input.item) ? rest : state]
        }
        case 'has':
          return output === unknownOutput || output === state.has(input.item) ? [state] : []
        case 'read':
          return output === unknownOutput || holdsExactly(state, output) ? [state] : []
      }
    },
    readOnly: (input) => input.name === 'read' || input.name === 'has',
    describe(input, output) {
      const unanswered = output === unknownOutput ? ', unanswered' : ''
      if (input.name === 'read') return `read${unanswered || ` ${JSON.stringify(output)}`}`
      const answer = input.name === 'has' && output !== unknownOutput ? ` = ${String(output)}` : ''
      return `${input.name} ${JSON.stringify(input.item)}${answer}${unanswered}`
    },
  }
}

function holdsExactly<Item>(state: ReadonlySet<Item>, items: unknown): boolean {
  if (!Array.isArray(items) || items.length !== state.size) return false
  return new Set(items).size === items.length && items.every((item) => state.has(item))
}
