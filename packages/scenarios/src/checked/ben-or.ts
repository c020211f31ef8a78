/**
 * Ben-Or in the checker: the processes that ship, their disks and crashes, and every fall of their coins. The network keeps
 * every message for ever, so that each may arrive late, again, out of order, or never; resending adds nothing to that.
 */
import type { CheckOptions, Correspondent, IsLeftover, StateView } from '@troupe/checker'
import { noSymmetry, type Program, program } from '@troupe/checker/programs'
import { BenOr, type BenOrProtocol, type Bit } from '@troupe/consensus'
import type { BenOrState } from '@troupe/consensus/parts'
import { type ActorDefinition, type ActorRef, defineActor } from '@troupe/core'
import { requireOption } from '@troupe/core/host'
import { actorOf, crashClaims, roundProcesses } from './round-processes.ts'

/** How large the instance is. */
export interface BenOrInstance {
  readonly processes: number
  readonly crashes: number
  /** Rounds after which a process gives up. */
  readonly rounds: number
  /** The first so many processes are asked for 1, the others for 0. */
  readonly ones: number
  /** A definition in the place of the shipped one. */
  readonly definition?: ActorDefinition<BenOrProtocol, any>
}

const instance = 'bit'

/** Asks each process once and does not wait for the decision. */
const Client = defineActor<{ never: () => void }>()({
  name: 'Client',
  init: (args: { asked: readonly { readonly process: ActorRef<BenOrProtocol>; readonly value: Bit }[] }) => args,
  started({ asked }, ctx) {
    for (const { process, value } of asked) ctx.tell(process, 'propose', { instance, value })
  },
  on: { never() {} },
})

/** What to check of an instance. */
export function benOrOptions(size: BenOrInstance): CheckOptions<any> {
  const { processes, crashes, rounds, ones, definition = BenOr } = size
  const { ids, configuration, actors } = roundProcesses({ instance, processes, roundsMax: rounds, definition })
  const askedFor = (index: number): Bit => (index < ones ? 1 : 0)
  return {
    actors: [
      ...actors,
      {
        name: 'client',
        definition: Client,
        args: { asked: configuration.members.map(({ process }, index) => ({ process, value: askedFor(index) })) },
      },
    ],
    network: 'duplicating',
    crashes,
    crashSteps: 'fewest',
    boundary: (view: StateView) => ids.every((id) => view.state<BenOrState>(actorOf(id)).waiting.length <= 1),
    ...(size.definition === undefined ? { isLeftover } : {}),
    ...properties(size, ids, new Set(ids.map((_id, index) => askedFor(index)))),
  }
}

/**
 * Every word of a process to another stays in the network, so that one that comes late as an answer is never news. Nor is a
 * decision where one is known, a word for a round or half of a round that is over, or one to a process that has decided, as
 * its decision is on the way already. All that as the disk of the receiver knows it, since a crash takes the rest.
 */
const isLeftover: IsLeftover = ({ name, payload }, { synced }: Correspondent<BenOrState>) => {
  const { round, decision, said } = synced
  if (name === 'propose') return round > 0
  const word = payload as { readonly round: number; readonly late?: true }
  if (decision !== undefined || word.late) return true
  if (name === 'decide') return false
  return word.round < round || (name === 'report' && said.get(word.round)?.proposal !== undefined)
}

function properties(
  { processes, rounds, ones, crashes }: BenOrInstance,
  ids: readonly string[],
  asked: ReadonlySet<Bit>,
) {
  const states = (view: StateView): BenOrState[] => ids.map((id) => view.state(actorOf(id)))
  const decisions = (view: StateView): Bit[] =>
    states(view).flatMap(({ decision }) => (decision === undefined ? [] : [decision]))
  const saidIn = (view: StateView, round: number) => states(view).flatMap(({ said }) => said.get(round) ?? [])
  const numbers = Array.from({ length: rounds }, (_, index) => index + 1)
  const always: CheckOptions<any>['always'] = {
    agreement: (view) => new Set(decisions(view)).size <= 1,
    validity: (view) => decisions(view).every((decision) => asked.has(decision)),
    'proposals of a round are for one value': (view) =>
      numbers.every((round) => {
        const values = saidIn(view, round).flatMap(({ proposal }) =>
          proposal === undefined || proposal === 'none' ? [] : [proposal],
        )
        return new Set(values).size <= 1
      }),
    'after a decision there is one estimate': (view) =>
      states(view).every(
        ({ decidedIn, decision }) =>
          decidedIn === undefined || saidIn(view, decidedIn + 1).every(({ report }) => report === decision),
      ),
  }
  // The first round sees a majority or none, later ones have coins.
  const mayBeDecided = (value: Bit) => rounds > 1 || 2 * (value === 1 ? ones : processes - ones) > processes
  const sometimes: CheckOptions<any>['sometimes'] = {
    ...Object.fromEntries(
      [...asked]
        .filter(mayBeDecided)
        .map((value) => [
          `all decide ${value}`,
          (view: StateView) => states(view).every(({ decision }) => decision === value),
        ]),
    ),
    // What all propose is decided in the first round.
    ...((rounds === 1 || asked.size > 1) && {
      'the last round is reached': (view: StateView) => states(view).some(({ round }) => round === rounds),
    }),
    ...crashClaims(crashes, ids),
  }
  return { always, sometimes }
}

export const benOrProgram: Program = program({
  name: 'ben-or',
  what: "Ben-Or's algorithm, by the processes that ship",
  parameters: {
    processes: { what: 'processes', default: 3, min: 1, max: 5 },
    rounds: { what: 'rounds after which a process gives up', default: 2, min: 1, max: 8 },
    ones: { what: 'processes that are asked for 1', default: 1, min: 0, max: 5 },
  },
  network: 'duplicating',
  costs: [
    { given: {}, distinct: 80_130, seconds: 6, gigabytes: 0.3 },
    { given: { crashes: 1 }, distinct: 682_276, seconds: 90, gigabytes: 0.8 },
  ],
  options(size, symmetry, crashes = 0) {
    if (symmetry) throw noSymmetry('ben-or', 'the configuration lists its processes in an order')
    const { processes, ones } = size
    requireOption(ones <= processes, 'ones of program ben-or', `at most its ${processes} processes`, ones)
    return benOrOptions({ ...size, crashes })
  },
})
