/** A register with compare-and-set: one value that is read, written, or replaced if it is what the caller thinks. */
import type { ObjectModel } from '../object-model.ts'
import { type KnownOutput, unknownOutput } from '../operation.ts'

/** What a register is asked. `compareAndSet` writes `value` if the register holds `expected`. */
export type RegisterInput<Value> =
  | { readonly name: 'read' }
  | { readonly name: 'write'; readonly value: Value }
  | { readonly name: 'compareAndSet'; readonly expected: Value; readonly value: Value }

/** Of a read the value, of a compare-and-set whether it wrote; of a write anything. */
export type RegisterOutput<Value> = Value | boolean | undefined

/** The register model. Values are compared by `Object.is`. The register starts as `initial`. */
export function registerModel<Value extends string | number | boolean | null>(
  initial: Value,
): ObjectModel<Value, RegisterInput<Value>, RegisterOutput<Value>> {
  return {
    name: 'register',
    init: () => initial,
    step(state, input, output) {
      switch (input.name) {
        case 'read':
          return output === unknownOutput || Object.is(output, state) ? [state] : []
        case 'write':
          return [input.value]
        case 'compareAndSet': {
          const writes = Object.is(state, input.expected)
          if (output !== unknownOutput && output !== writes) return []
          return [writes ? input.value : state]
        }
      }
    },
    readOnly: (input, output) => input.name === 'read' || (input.name === 'compareAndSet' && output === false),
    key: (state) => `${typeof state}:${Object.is(state, -0) ? '-0' : state}`,
    describe: describeRegister,
  }
}

function describeRegister(input: RegisterInput<unknown>, output: KnownOutput<unknown>): string {
  switch (input.name) {
    case 'read':
      return output === unknownOutput ? 'read, unanswered' : `read ${String(output)}`
    case 'write':
      return `write ${String(input.value)}${output === unknownOutput ? ', unanswered' : ''}`
    case 'compareAndSet': {
      const outcome = output === unknownOutput ? 'unanswered' : output === true ? 'done' : 'refused'
      return `compare ${String(input.expected)} and set ${String(input.value)}, ${outcome}`
    }
  }
}
