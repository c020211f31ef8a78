/** The programs that can be checked by name. */
import { abdProgram } from './abd.ts'
import { diningPhilosophersProgram } from './dining-philosophers.ts'
import { incrementProgram } from './increment.ts'
import { paxosBallotsProgram } from './paxos-ballots.ts'
import { paxosRegisterProgram } from './paxos-register.ts'
import { pingPongProgram } from './ping-pong.ts'
import type { Program } from './program.ts'
import { singleCopyProgram } from './single-copy.ts'
import { transactionCommitProgram } from './transaction-commit.ts'
import { twoPhaseCommitProgram } from './two-phase-commit.ts'
import { twoPhaseCommitModelProgram } from './two-phase-commit-model.ts'

export type { Program, ProgramParameter } from './program.ts'

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
  ].map((program) => [program.name, program as Program]),
)
