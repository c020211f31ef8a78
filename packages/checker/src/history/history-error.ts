/** The history checkers' one error class: what they were given is not a history, and where it is wrong. */
import { TroupeError } from '@troupe/core'

/**
 * A history that cannot be checked: a line of a log that is not an operation, a return without a call, the same value
 * appended twice, a model whose answers contradict each other. `facts.line` is the line of the log, from 1.
 */
export class HistoryError extends TroupeError {
  constructor(message: string, facts?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('ERR_TROUPE_HISTORY', message, facts, options)
  }
}
