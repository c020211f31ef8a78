/**
 * Histories: what clients saw so far, as part of the state. A history is a value that a message changes when it is
 * delivered, or sent; the checker numbers the values, and remembers what each message makes of each.
 */
import { type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'
import { CheckerError } from './checker-error.ts'
import type { NumberLog } from './number-log.ts'
import type { MessageView } from './state-view.ts'
import { ValueTable } from './value-table.ts'

/** What is recorded in a history of type `History`: plain data, which both functions leave as it is and return anew. */
export interface CheckedHistory<History> {
  /** The history at the beginning, before any actor's `started`. */
  readonly initial: History
  /** The history after a message was delivered, which comes before what that turn sends; `undefined`: the same. */
  readonly delivered?: (history: History, message: MessageView) => History | undefined
  /** The history after a message was sent; `undefined`: the same. */
  readonly sent?: (history: History, message: MessageView) => History | undefined
}

const known: KnownOptions<CheckedHistory<unknown>> = { initial: true, delivered: true, sent: true }

export class HistoryTable {
  readonly table: ValueTable
  readonly #recorder: CheckedHistory<any>
  readonly #view: (message: number) => MessageView
  /** By message: what it makes of each history. */
  readonly #delivered: Map<number, number>[] = []
  readonly #sent: Map<number, number>[] = []

  /** The initial history is number 0. Throws a `ConfigurationError` for a recorder that is malformed. */
  constructor(recorder: CheckedHistory<any>, view: (message: number) => MessageView, log?: NumberLog) {
    refuseUnknownOptions('check: history', recorder, known)
    for (const [option, value] of Object.entries({ delivered: recorder.delivered, sent: recorder.sent })) {
      const isFunction = value === undefined || typeof value === 'function'
      requireOption(isFunction, `check: history.${option}`, 'a function of the history and a message', value)
    }
    this.table = new ValueTable(log)
    this.#recorder = recorder
    this.#view = view
    this.intern(recorder.initial, 'initial')
  }

  /** The history after a step that delivered `delivered` (-1: none) and sent `sent`. */
  after(history: number, delivered: number, sent: readonly number[]): number {
    let next = history
    const { delivered: onDelivered, sent: onSent } = this.#recorder
    if (delivered >= 0 && onDelivered !== undefined) next = this.#apply(this.#delivered, onDelivered, next, delivered)
    if (onSent === undefined) return next
    for (const message of sent) next = this.#apply(this.#sent, onSent, next, message)
    return next
  }

  /** True when the history may look at what is delivered, or at something that is sent. */
  looksAt(delivered: number, sent: readonly number[]): boolean {
    const { delivered: onDelivered, sent: onSent } = this.#recorder
    return (delivered >= 0 && onDelivered !== undefined) || (sent.length > 0 && onSent !== undefined)
  }

  intern(history: unknown, name: string): number {
    return this.table.intern(history, 'history', (path, what) => {
      return new CheckerError(`${path} after ${name} is ${what}; a history is plain data, Map, Set and references`)
    })
  }

  #apply(
    memory: Map<number, number>[],
    record: (history: any, message: MessageView) => unknown,
    history: number,
    message: number,
  ): number {
    memory[message] ??= new Map()
    const known = memory[message].get(history)
    if (known !== undefined) return known
    const view = this.#view(message)
    const recorded = record(this.table.get(history), view)
    const next = recorded === undefined ? history : this.intern(recorded, view.name)
    memory[message].set(history, next)
    return next
  }
}
