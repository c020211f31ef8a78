/** A key-value store with get, put and append. Each key is a partition of its own. */
import type { ObjectModel } from '../object-model.ts'
import { unknownOutput } from '../operation.ts'

/** What the store is asked. `append` puts `value` behind what the key holds. */
export type KeyValueInput =
  | { readonly name: 'get'; readonly key: string }
  | { readonly name: 'put' | 'append'; readonly key: string; readonly value: string }

/** Of a get the value, '' for a key that was never written; of the others anything. */
export type KeyValueOutput = string | undefined

/** The key-value model: the state of one key. */
export const keyValueModel: ObjectModel<string, KeyValueInput, KeyValueOutput> = {
  name: 'key-value store',
  init: () => '',
  step(state, input, output) {
    switch (input.name) {
      case 'get':
        return output === unknownOutput || output === state ? [state] : []
      case 'put':
        return [input.value]
      case 'append':
        return [state + input.value]
    }
  },
  partition: (input) => input.key,
  readOnly: (input) => input.name === 'get',
  key: (state) => state,
  describe(input, output) {
    const unanswered = output === unknownOutput ? ', unanswered' : ''
    if (input.name !== 'get') return `${input.name} ${input.key} ${JSON.stringify(input.value)}${unanswered}`
    return `get ${input.key}${output === unknownOutput ? unanswered : ` = ${JSON.stringify(output)}`}`
  },
}
