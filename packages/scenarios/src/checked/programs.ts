/** The programs that `troupe check` knows: those of the checker, and those of our protocols as they ship. */
import type { CheckOptions, ModelCheckOptions } from '@troupe/checker'
import { type Program, type ProgramOptions, programOptions, programs } from '@troupe/checker/programs'
import { benOrProgram } from './ben-or.ts'
import { chandraTouegProgram } from './chandra-toueg.ts'
import { multiPaxosProgram } from './multi-paxos.ts'

/** By name, in the order to list them in. */
export const checkedPrograms: ReadonlyMap<string, Program> = new Map([
  ...programs,
  ...[multiPaxosProgram, benOrProgram, chandraTouegProgram].map((program) => [program.name, program] as const),
])

/** What the checker is to be told for one of them; throws a `ConfigurationError` for what it does not take. */
export function checkedProgramOptions(
  name: string,
  options: ProgramOptions = {},
): CheckOptions<any> | ModelCheckOptions<any> {
  return programOptions(name, options, checkedPrograms)
}
