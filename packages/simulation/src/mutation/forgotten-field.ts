/**
 * A field that an actor has forgotten when it comes back. What its first turn writes before anybody has read it is no loss:
 * it was to be made anew.
 */
import { whenDone } from './varied-definition.ts'

/** Which field has which value, and who is told when that makes a difference. */
interface ForgottenField {
  readonly field: string
  readonly initial: unknown
  /** The value was read, or was not replaced when the turn was over. */
  readonly seen: () => void
}

/** Runs the turn that an actor begins with over a `state` in which the field has its initial value. */
export function forgetField(
  state: Record<string, unknown>,
  { field, initial, seen }: ForgottenField,
  run: () => unknown,
): unknown {
  let value = initial
  let isReplaced = false
  const accessor: PropertyDescriptor = {
    configurable: true,
    enumerable: true,
    get() {
      if (!isReplaced) seen()
      return value
    },
    set(next: unknown) {
      isReplaced = true
      value = next
    },
  }
  if (isRefused(state, field, accessor)) {
    seen()
    state[field] = initial
    return run()
  }
  const settle = () => {
    if (!isReplaced) seen()
    Object.defineProperty(state, field, { configurable: true, enumerable: true, writable: true, value })
  }
  let result: unknown
  try {
    result = run()
  } catch (error) {
    settle()
    throw error
  }
  return whenDone(result, (done) => {
    settle()
    return done
  })
}

/** True where it cannot be put on: the draft of an actor that rolls back takes no accessors. */
function isRefused(state: object, field: string, accessor: PropertyDescriptor): boolean {
  try {
    return !Reflect.defineProperty(state, field, accessor)
  } catch {
    return true
  }
}
