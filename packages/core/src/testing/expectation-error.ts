/** What a probe or a kit expected and did not find. */
import { registerErrors, TroupeError } from '../errors.ts'

/** An expectation of a test does not hold. */
export class ExpectationError extends TroupeError {
  constructor(...[message, facts, options]: [message: string, facts?: TroupeError['facts'], options?: ErrorOptions]) {
    super('ERR_TROUPE_EXPECTATION', message, facts, options)
  }
}

registerErrors(ExpectationError)
