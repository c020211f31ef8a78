/** What a command has from its surroundings. */
import type { Terminal } from './terminal.ts'

/** What a command gives: whether all that was asked holds. */
type Passed = boolean

/** Where a command writes, and who hears whether it passed. */
export interface CommandContext extends Terminal {
  /** The action of a command: `run`, with its answer kept for the exit code. */
  action<Arguments extends unknown[]>(
    run: (...args: Arguments) => Passed | Promise<Passed>,
  ): (...args: Arguments) => Promise<void>
}
