/** The one error of the command line's own: what was typed makes no sense. */
import { TroupeError } from '@troupe/core'

/** An unknown command or flag, or a value that it does not take. The message says what would do. */
export class UsageError extends TroupeError {
  constructor(message: string, facts?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('ERR_TROUPE_USAGE', message, facts, options)
  }
}
