/** The programs that can be checked by name, and one of them checked. */
import { type ActorDefinition, ConfigurationError } from '@troupe/core'
import { adviceFor, shownValue } from '@troupe/core/host'
import { type CheckOptions, type CheckResult, check, type ModelCheckOptions, type ModelCheckResult } from '../check.ts'
import { abdProgram } from './abd.ts'
import { diningPhilosophersProgram } from './dining-philosophers.ts'
import { incrementProgram } from './increment.ts'
import { lockServiceProgram } from './lock-service.ts'
import { paxosBallotsProgram } from './paxos-ballots.ts'
import { paxosRegisterProgram } from './paxos-register.ts'
import { pingPongProgram } from './ping-pong.ts'
import type { Program } from './program.ts'
import { singleCopyProgram } from './single-copy.ts'
import { transactionCommitProgram } from './transaction-commit.ts'
import { twoPhaseCommitProgram } from './two-phase-commit.ts'
import { twoPhaseCommitModelProgram } from './two-phase-commit-model.ts'

export { noSymmetry, type Program, type ProgramCost, type ProgramParameter, program } from './program.ts'

/** By name, in the order to list them in. */
export const programs: ReadonlyMap<string, Program> = new Map(
  [
    twoPhaseCommitProgram,
    twoPhaseCommitModelProgram,
    transactionCommitProgram,
    paxosRegisterProgram,
    paxosBallotsProgram,
    abdProgram,
    singleCopyProgram,
    pingPongProgram,
    diningPhilosophersProgram,
    incrementProgram,
    lockServiceProgram,
  ].map((program) => [program.name, program as Program]),
)

/** How a program is to be checked, where that is not its own affair. */
export interface ProgramOptions
  extends Partial<
    Pick<
      CheckOptions<readonly ActorDefinition<any, any>[]>,
      | 'network'
      | 'lossy'
      | 'lastDelivered'
      | 'crashes'
      | 'crashSteps'
      | 'spawnsMax'
      | 'fair'
      | 'reduction'
      | 'statesMax'
      | 'depthMax'
      | 'secondsMax'
      | 'stopAtViolation'
    >
  > {
  /** The program's parameters; those left out have their defaults. */
  readonly parameters?: Readonly<Record<string, number>>
  /** Declares the program's symmetric ids. Default false. */
  readonly symmetry?: boolean
}

/**
 * What {@link check} is to be told for program `name` of `among`. Throws a `ConfigurationError` for what the program does not take.
 */
export function programOptions(
  name: string,
  options: ProgramOptions = {},
  among: ReadonlyMap<string, Program> = programs,
): CheckOptions<any> | ModelCheckOptions<any> {
  const program = among.get(name)
  if (program === undefined) {
    const { nearest, advice } = adviceFor(name, [...among.keys()])
    throw new ConfigurationError(`there is no program ${name}; ${advice}`, { name, nearest })
  }
  const {
    parameters: given = {},
    symmetry = false,
    network,
    lossy,
    lastDelivered,
    crashes,
    crashSteps,
    spawnsMax,
    reduction,
    ...search
  } = options
  const unknown = Object.keys(given).find((parameter) => !Object.hasOwn(program.parameters, parameter))
  if (unknown !== undefined) {
    const known = Object.keys(program.parameters).join(', ')
    throw new ConfigurationError(`program ${name} has no parameter ${unknown}; it has ${known}`, {
      name,
      parameter: unknown,
    })
  }
  const parameters = Object.fromEntries(
    Object.entries(program.parameters).map(([parameter, { default: usual, min, max }]) => {
      const value = given[parameter] ?? usual
      if (Number.isInteger(value) && value >= min && value <= max) return [parameter, value]
      throw new ConfigurationError(
        `program ${name}: ${parameter} must be a whole number from ${min} to ${max}, got ${shownValue(value)}`,
        {
          name,
          parameter,
        },
      )
    }),
  )
  const own = program.options(parameters, symmetry, crashes ?? 0)
  const ofActors = Object.fromEntries(
    Object.entries({ network, lossy, lastDelivered, crashes, crashSteps, spawnsMax, reduction }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  const [misplaced] = 'model' in own ? Object.keys(ofActors) : []
  if (misplaced !== undefined) {
    throw new ConfigurationError(`program ${name} is a model, which has no ${misplaced}`, { name, option: misplaced })
  }
  return { ...own, ...ofActors, ...search }
}

/** Checks program `name`. */
export function checkProgram(name: string, options: ProgramOptions = {}): CheckResult | ModelCheckResult<unknown> {
  return check(programOptions(name, options) as CheckOptions<any>)
}
