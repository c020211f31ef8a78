/**
 * Chandra and Toueg's algorithm in the checker: the processes that ship, their disks and crashes, and a failure detector
 * that says what it likes: any process may be told at any moment that the coordinator of its round is suspected, rightly or
 * wrongly, which is all that the detector that ships could make a difference by, whatever its clock. No suspicion is taken
 * back, which matters in more rounds than there are processes only. The network keeps every message for ever, so that
 * each may arrive late, again, out of order, or never.
 */
import type { CheckOptions, Correspondent, IsLeftover, StateView } from '@troupe/checker'
import { noSymmetry, type Program, program } from '@troupe/checker/programs'
import { ChandraToueg, type ChandraTouegProtocol, type RoundConfiguration } from '@troupe/consensus'
import type { ChandraTouegState } from '@troupe/consensus/parts'
import { type ActorDefinition, type ActorRef, defineActor } from '@troupe/core'
import { actorOf, crashClaims, roundProcesses } from './round-processes.ts'

/** How large the instance is. */
export interface ChandraTouegInstance {
  readonly processes: number
  readonly crashes: number
  /** Rounds in which messages arrive. A process may go on to one more, of which nobody hears. */
  readonly rounds: number
  /** Different values that are proposed, one after the other, by the processes in their order. */
  readonly values: number
  /** Words of detectors on one run, at most. Each is any process's about any coordinator. Default: as many as can matter. */
  readonly suspicions?: number
  /**
   * Nobody suspects the coordinator of the last round, nor that of the one after it, as an eventually strong detector comes to at
   * last: then all decide on every fair run, where nothing crashes. Default false.
   */
  readonly trusted?: boolean
  /** What a process tells itself is handled before anything else. Default true. */
  readonly selfAtOnce?: boolean
  /** A definition in the place of the shipped one. */
  readonly definition?: ActorDefinition<ChandraTouegProtocol, any>
}

const instance = 'value'

/** What a process is told from outside. */
interface Proposed {
  readonly process: ActorRef<ChandraTouegProtocol>
  readonly value: number
}

interface Suspected {
  readonly process: ActorRef<ChandraTouegProtocol>
  readonly id: string
}

/** All that is outside: proposes at each process once, and is every detector. */
const Outside = defineActor<{ never: () => void }>()({
  name: 'Outside',
  init: (args: { proposals: readonly Proposed[]; suspicions: readonly (readonly Suspected[])[] }) => ({ ...args }),
  started(state, ctx) {
    const { proposals, suspicions } = state
    for (const { process, value } of proposals) ctx.tell(process, 'propose', { instance, value })
    for (const { process, id } of ctx.random.pick(suspicions)) ctx.tell(process, 'suspicion', { id, suspected: true })
    state.suspicions = []
  },
  on: { never() {} },
})

/** What to check of an instance. */
export function chandraTouegOptions(size: ChandraTouegInstance): CheckOptions<any> {
  const { processes, crashes, rounds, values, trusted = false, definition = ChandraToueg } = size
  const { ids, configuration, actors } = roundProcesses({ instance, processes, roundsMax: rounds + 1, definition })
  const suspicions = suspicionsOf(configuration, { rounds, trusted, count: size.suspicions })
  return {
    actors: [
      ...actors,
      {
        name: 'outside',
        definition: Outside,
        args: {
          proposals: configuration.members.map(({ process }, index) => ({ process, value: index % values })),
          suspicions,
        },
      },
    ],
    network: 'duplicating',
    crashes,
    crashSteps: 'fewest',
    selfAtOnce: size.selfAtOnce ?? true,
    // A run that leaves the boundary is no run on which something happens at last.
    ...(!(trusted && crashes === 0) && {
      boundary: (view: StateView) => ids.every((id) => isWithin(view.state(actorOf(id)))),
    }),
    isLeftover,
    ...properties(size, ids, suspicions),
  }
}

/**
 * What detectors say on a run, whichever it is: any process may be told of any other that is the coordinator of a round. Where
 * they are trusted, of none that coordinates the last one, or the one after it that a process may go on to.
 */
function suspicionsOf(
  { members }: RoundConfiguration<ChandraTouegProtocol>,
  given: { readonly rounds: number; readonly trusted: boolean; readonly count: number | undefined },
): Suspected[][] {
  const { rounds, trusted, count = Number.POSITIVE_INFINITY } = given
  const firstRound = (index: number) => (index === 0 ? members.length : index)
  const isTrusted = (index: number) => trusted && [rounds, rounds + 1].some((round) => round % members.length === index)
  const coordinators = members.filter((_member, index) => firstRound(index) <= rounds && !isTrusted(index))
  const all = coordinators.flatMap(({ id }) =>
    members.filter((member) => member.id !== id).map(({ process }) => ({ process, id })),
  )
  let chosen: Suspected[][] = [[]]
  for (const [index, suspected] of all.entries()) {
    // Fewer than there may be are among them: what was told need not arrive.
    const least = Math.min(count, all.length) - (all.length - index - 1)
    chosen = chosen.flatMap((before) => [
      ...(before.length >= least ? [before] : []),
      ...(before.length < count ? [[...before, suspected]] : []),
    ])
  }
  return chosen
}

/**
 * A client waits once. A suspicion comes while the round is that of whom it is about, or after that: one that is there before
 * has the process leave the round in the turn in which it enters it, which is as if it came right after.
 */
function isWithin({ waiting, suspected, configuration, round }: ChandraTouegState): boolean {
  if (waiting.length > 1) return false
  const { members } = configuration
  for (const id of suspected) {
    const first = members.findIndex((member) => member.id === id)
    if ((first === 0 ? members.length : first) > round) return false
  }
  return true
}

/** Nothing that is said in the round after the last arrives. */
const isBeyond: IsLeftover = ({ payload }, { state }: Correspondent<ChandraTouegState>) => {
  const { round = 0 } = payload as { readonly round?: number }
  return round >= state.configuration.roundsMax
}

/**
 * What has no effect but that its sender is told of a later round, which its receiver tells everybody at any moment (`resend`).
 * All that as the disk of the receiver knows it, since a crash takes the rest.
 */
const isLeftover: IsLeftover = (message, to: Correspondent<ChandraTouegState>, from) => {
  const { name, payload } = message
  const { state, synced } = to
  const { round, decision, estimate, proposals } = synced
  if (isBeyond(message, to, from)) return true
  if (decision !== undefined) return true
  if (name === 'decide') return false
  if (name === 'propose') return estimate !== undefined
  if (name === 'suspicion') return lastRoundOf(state, (payload as { readonly id: string }).id) < round
  const word = payload as { readonly round: number; readonly from: string }
  switch (name) {
    case 'estimate':
      if (estimate === undefined || word.round > round) return false
      return coordinatorOf(state, word.round) !== state.id || proposals.has(word.round)
    case 'ack':
      return synced === state && (state.coordinating.get(word.round)?.acks.has(word.from) ?? false)
    case 'round':
      return word.round <= round
    default:
      return word.round < round
  }
}

/** The last round that `id` is the coordinator of; 0: it is never. */
function lastRoundOf(state: ChandraTouegState, id: string): number {
  let round = state.configuration.roundsMax
  while (round > 0 && coordinatorOf(state, round) !== id) round--
  return round
}

function coordinatorOf({ configuration: { members } }: ChandraTouegState, round: number): string | undefined {
  return members[round % members.length]?.id
}

function properties(size: ChandraTouegInstance, ids: readonly string[], suspicions: readonly (readonly Suspected[])[]) {
  const { rounds, crashes, processes, values, trusted = false } = size
  const states = (view: StateView): ChandraTouegState[] => ids.map((id) => view.state(actorOf(id)))
  const always: CheckOptions<any>['always'] = {
    agreement: (view) => new Set(states(view).flatMap(({ decision }) => (decision ? [decision.value] : []))).size <= 1,
    validity: (view) =>
      states(view).every(
        ({ decision }) => decision === undefined || isOneOf(decision.value, Math.min(values, processes)),
      ),
    integrity: (view) =>
      // Who has told of a decision keeps it.
      view.messages().every(({ name, from, payload }) => name !== 'decide' || isDecided(view.synced(from), payload)),
    'after a decision there is one proposal': (view) =>
      states(view).every(
        ({ decidedIn, decision }) =>
          decidedIn === undefined ||
          states(view).every(({ proposals }) =>
            [...proposals].every(([round, { value }]) => round < decidedIn || value === decision?.value),
          ),
      ),
  }
  const allDecide = (view: StateView) => states(view).every(({ decision }) => decision !== undefined)
  const sometimes: CheckOptions<any>['sometimes'] = {
    'all decide': allDecide,
    ...(suspicions.some((told) => told.length > 0) && {
      'a coordinator is suspected': (view: StateView) => states(view).some(({ suspected }) => suspected.size > 0),
    }),
    // A process that is alone decides in the first.
    ...(rounds > 1 &&
      processes > 1 && {
        'a round after the first decides': (view: StateView) => states(view).some(({ decidedIn = 0 }) => decidedIn > 1),
      }),
    ...crashClaims(crashes, ids),
  }
  const liveness = { eventually: { 'all decide at last': allDecide }, fair: 'weak' } as const
  return { always, sometimes, ...(trusted && crashes === 0 ? liveness : {}) }
}

function isDecided({ decision }: ChandraTouegState, payload: unknown): boolean {
  return decision !== undefined && decision.value === (payload as { readonly value: unknown }).value
}

function isOneOf(value: unknown, values: number): boolean {
  return typeof value === 'number' && value >= 0 && value < values
}

export const chandraTouegProgram: Program = program({
  name: 'chandra-toueg',
  what: "Chandra and Toueg's algorithm, by the processes that ship, with any failure detector",
  parameters: {
    processes: { what: 'processes', default: 3, min: 1, max: 5 },
    rounds: { what: 'rounds in which messages arrive', default: 2, min: 1, max: 8 },
    suspicions: { what: 'words of failure detectors on one run, at most', default: 20, min: 0, max: 20 },
    trusted: {
      what: '1: the coordinator of the last round is not suspected, and all decide',
      default: 0,
      min: 0,
      max: 1,
    },
    selfAtOnce: { what: '1: what a process tells itself is handled before anything else', default: 1, min: 0, max: 1 },
    values: { what: 'different values that they propose', default: 2, min: 1, max: 5 },
  },
  network: 'duplicating',
  costs: [
    { given: {}, distinct: 27_905, seconds: 2, gigabytes: 0.2 },
    { given: { crashes: 1 }, distinct: 994_301, seconds: 92, gigabytes: 0.6 },
  ],
  options(size, symmetry, crashes = 0) {
    if (symmetry) throw noSymmetry('chandra-toueg', 'processes take turns in an order as coordinators')
    const { trusted, selfAtOnce, ...others } = size
    return chandraTouegOptions({ ...others, trusted: trusted === 1, selfAtOnce: selfAtOnce === 1, crashes })
  },
})
