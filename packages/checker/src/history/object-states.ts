/**
 * A model's states and the operations of a history as small integers, so that the search works on numbers: equal states
 * have one number, operations with equal input and output are one class, and each step of the model is made once.
 */
import { canonicalKey } from '../canonical-value.ts'
import { Interner } from '../interner.ts'
import { answerOf, changedInPlace } from './checked-model.ts'
import { HistoryError } from './history-error.ts'
import type { ObjectModel } from './object-model.ts'
import { type KnownOutput, type Operation, outputOf, unknownOutput } from './operation.ts'

/** So many steps of each object are looked at whether they change the state that they are given. */
const looksMax = 16

/** What a search asks of an object: which states a class of operations leads to. */
export interface ObjectStates {
  /** The number of the state at the beginning. */
  readonly initial: number
  /** The class of each operation. */
  readonly classes: Int32Array
  /** Whether the operations of this class never change the state. */
  readOnly(operationClass: number): boolean
  /** The states after an operation of that class in that state; none when it is impossible there. */
  next(state: number, operationClass: number): readonly number[]
}

interface OperationClass<Input, Output> {
  readonly input: Input
  readonly output: KnownOutput<Output>
  readonly readOnly: boolean
}

/** The states of one object, as far as its operations lead to them. */
export class ModelStates<State, Input, Output> implements ObjectStates {
  readonly initial: number
  readonly classes: Int32Array
  readonly #model: ObjectModel<State, Input, Output>
  readonly #keyOf: (state: State) => string
  readonly #states = new Interner<State>()
  readonly #classes = new Interner<OperationClass<Input, Output>>()
  /** (state, class) to the states after it. */
  readonly #next = new Map<number, readonly number[]>()
  #looks = 0

  constructor(model: ObjectModel<State, Input, Output>, operations: readonly Operation<Input, Output>[]) {
    this.#model = model
    const ownKey = model.key?.bind(model)
    this.#keyOf = ownKey
      ? (state) => answerOf(model, 'key', ownKey(state))
      : (state) => keyOf(state, `a state of ${model.name}`)
    this.initial = this.#intern(answerOf(model, 'init', model.init()))
    this.classes = new Int32Array(operations.length)
    for (let index = 0; index < operations.length; index++)
      this.classes[index] = this.#classOf(operations[index] as Operation<Input, Output>)
  }

  #classOf(operation: Operation<Input, Output>): number {
    const model = this.#model
    const { input } = operation
    const output = outputOf(operation)
    const answer = output === unknownOutput ? '?' : keyOf(output, 'output')
    return this.#classes.intern(`${keyOf(input, 'input')} ${answer}`, () => ({
      input,
      output,
      readOnly: model.readOnly !== undefined && answerOf(model, 'readOnly', model.readOnly(input, output)),
    }))
  }

  /** The state with that number. */
  state(id: number): State {
    return this.#states.get(id)
  }

  readOnly(operationClass: number): boolean {
    return this.#classes.get(operationClass).readOnly
  }

  next(state: number, operationClass: number): readonly number[] {
    const key = state * this.#classes.size + operationClass
    return this.#next.get(key) ?? this.#step(key, state, operationClass)
  }

  #step(key: number, state: number, operationClass: number): readonly number[] {
    const { input, output, readOnly } = this.#classes.get(operationClass)
    const before = this.state(state)
    const made = answerOf(this.#model, 'step', this.#model.step(before, input, output))
    this.#refuseChanged(state, before, made)
    const after: number[] = []
    // What an operation leaves as it was has the number that it had; within an object it may have changed something.
    const isSame = (one: State) => Object.is(one, before) && (typeof one !== 'object' || one === null)
    for (const one of made) after.push(isSame(one) ? state : this.#intern(one))
    if (readOnly && after.some((number) => number !== state)) {
      throw new HistoryError(
        `the model ${this.#model.name} changes its state in an operation that it calls read-only`,
        {
          input,
        },
      )
    }
    this.#next.set(key, after)
    return after
  }

  /** A state is a value that other orders begin from too. What is given back as it came is looked at each time, all else at first. */
  #refuseChanged(state: number, before: State, made: readonly State[]): void {
    if (typeof before !== 'object' || before === null) return
    if (!made.includes(before) && ++this.#looks > looksMax) return
    if (this.#intern(before) !== state) throw changedInPlace(this.#model)
  }

  #intern(state: State): number {
    return this.#states.intern(this.#keyOf(state), () => state)
  }
}

/**
 * Several independent objects as one: a state is the tuple of their states, an operation changes the place of its
 * partition. Sequential consistency needs it, which does not follow from that of the parts.
 */
export class PartitionedStates implements ObjectStates {
  readonly initial: number
  readonly classes: Int32Array
  readonly #parts: readonly ObjectStates[]
  /** The partition of each class, and what the class is called there. */
  readonly #partOf: number[] = []
  readonly #classOf: number[] = []
  readonly #tuples = new Interner<readonly number[]>()

  /** `partOf` is the index in `parts` of each operation; each part has the classes of its own operations in order. */
  constructor(parts: readonly ObjectStates[], partOf: readonly number[]) {
    this.#parts = parts
    this.initial = this.#intern(parts.map((part) => part.initial))
    const seen = parts.map(() => 0)
    const ids = new Interner<number>()
    this.classes = Int32Array.from(partOf, (part) => {
      const index = seen[part] as number
      seen[part] = index + 1
      const inner = (parts[part] as ObjectStates).classes[index] as number
      return ids.intern(`${part},${inner}`, () => {
        this.#partOf.push(part)
        return this.#classOf.push(inner)
      })
    })
  }

  /** The state of one part in that state. */
  partState(state: number, part: number): number {
    return this.#tuples.get(state)[part] as number
  }

  readOnly(operationClass: number): boolean {
    return this.#part(operationClass).readOnly(this.#classOf[operationClass] as number)
  }

  next(state: number, operationClass: number): readonly number[] {
    const part = this.#partOf[operationClass] as number
    const tuple = this.#tuples.get(state)
    const before = tuple[part] as number
    const after = this.#part(operationClass).next(before, this.#classOf[operationClass] as number)
    return after.map((made) => (made === before ? state : this.#intern(tuple.with(part, made))))
  }

  #part(operationClass: number): ObjectStates {
    return this.#parts[this.#partOf[operationClass] as number] as ObjectStates
  }

  #intern(tuple: readonly number[]): number {
    return this.#tuples.intern(tuple.join(), () => tuple)
  }
}

/** One string for all equal values of plain data. */
function keyOf(value: unknown, what: string): string {
  return canonicalKey(value, what, (path, wrong) => {
    return new HistoryError(`${path} is ${wrong}: inputs, outputs and states are plain data, Map and Set`, { path })
  })
}
