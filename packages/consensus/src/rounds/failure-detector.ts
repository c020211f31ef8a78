/**
 * A failure detector, an actor of its own on every node (Chandra and Toueg, "Unreliable Failure Detectors for Reliable
 * Distributed Systems", 1996, section 9.1): it hears of the others by `alive` messages and suspects those that are
 * late. A suspicion that was wrong makes it more patient with that one, so that, where delays are bounded at last by
 * whatever bound, it ends by suspecting exactly those that are gone (eventually perfect, hence eventually strong).
 *
 * Lateness is counted in beats of its own timer, not by the clock, which may jump.
 */
import { type ActorContext, type ActorRef, type ActorSystem, defineActor, namedRef } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'
import { requireName, requireSystem } from '../given-options.ts'
import { isPeriod, type RoundOptions, roundMembers } from './round-configuration.ts'

/** One that is listened for. */
interface Detected {
  readonly id: string
  readonly detector: ActorRef<FailureDetectorProtocol>
}

/** Who is told. */
export type SuspicionListener = {
  /** `id` is suspected from now on, or not any more. */
  suspicion: (message: { readonly id: string; readonly suspected: boolean }) => void
}

/** The arguments of a {@link FailureDetector}. */
export interface FailureDetectorArguments {
  readonly id: string
  readonly members: readonly Detected[]
  /** Told of every suspicion, and when it is over. Default: nobody; ask for `suspected`. */
  readonly listener?: ActorRef<SuspicionListener>
  /** Milliseconds from one `alive` to the next. */
  readonly intervalMs: number
}

/** What is known of another. */
interface Other {
  /** The highest that it said: an `alive` of an earlier life that comes late counts for nothing. */
  epoch: number
  /** Beats since it was heard. */
  silentFor: number
  /** Beats of silence after which it is suspected. */
  patience: number
  suspected: boolean
}

interface FailureDetectorState extends FailureDetectorArguments {
  epoch: number
  readonly others: Map<string, Other>
}

export type FailureDetectorProtocol = {
  /** The sender lives; `epoch` grows with each of its lives. */
  alive: (message: { readonly from: string; readonly epoch: number }) => void
  /** To itself. */
  beat: () => void
  /** The ids that are suspected now. */
  suspected: () => string[]
}

type Context = ActorContext<FailureDetectorProtocol>

/** Beats of silence that are borne at first, and by how many more after each wrong suspicion. */
const patienceBeats = 4
const patienceGrowth = 2

/** One detector. {@link startFailureDetectors} starts one for each member of a group. */
export const FailureDetector = defineActor<FailureDetectorProtocol>()({
  name: 'FailureDetector',
  module: import.meta.url,
  init: (given: FailureDetectorArguments): FailureDetectorState => ({ ...given, epoch: 0, others: new Map() }),
  started(state: FailureDetectorState, ctx: Context) {
    state.epoch = ctx.now()
    for (const { id } of state.members) {
      if (id !== state.id) state.others.set(id, { epoch: 0, silentFor: 0, patience: patienceBeats, suspected: false })
    }
    ctx.timers.fixedDelay({ key: 'beat', delayMs: state.intervalMs, initialDelayMs: 0 }, 'beat')
  },
  on: {
    beat(state: FailureDetectorState, _message: undefined, ctx: Context) {
      const { id: from, members, epoch, others, listener } = state
      for (const { id, detector } of members) if (id !== from) ctx.tell(detector, 'alive', { from, epoch })
      for (const [id, other] of others) {
        other.silentFor++
        if (other.suspected || other.silentFor <= other.patience) continue
        other.suspected = true
        if (listener !== undefined) ctx.tell(listener, 'suspicion', { id, suspected: true })
      }
    },
    alive(
      state: FailureDetectorState,
      { from: id, epoch }: { readonly from: string; readonly epoch: number },
      ctx: Context,
    ) {
      const other = state.others.get(id)
      if (other === undefined || epoch < other.epoch) return
      other.epoch = epoch
      other.silentFor = 0
      if (!other.suspected) return
      other.suspected = false
      other.patience += patienceGrowth
      if (state.listener !== undefined) ctx.tell(state.listener, 'suspicion', { id, suspected: false })
    },
    suspected: ({ others }: FailureDetectorState) =>
      [...others].filter(([, { suspected }]) => suspected).map(([id]) => id),
  },
})

/** How the detectors of a group are started. */
export interface FailureDetectorOptions {
  /** Its name, unique in the system, also among instances that have detectors: 1 to 80 letters, digits or `-`, `_`, `.`, `:`. */
  readonly group: string
  /** The members: the names of their nodes, or ids with nodes where two share one. */
  readonly members: RoundOptions['members']
  /** Milliseconds from one `alive` to the next. Default 50. */
  readonly intervalMs?: number
  /** Who is told of the suspicions of the detector of a member; an actor of any node. Default: nobody. */
  readonly listenerOf?: (id: string) => ActorRef<SuspicionListener> | undefined
}

/** A member of a group, and the detector beside it. */
export interface DetectingMember {
  readonly id: string
  readonly node: string
  readonly detector: ActorRef<FailureDetectorProtocol>
}

const knownOptions: KnownOptions<FailureDetectorOptions> = {
  group: true,
  members: true,
  intervalMs: true,
  listenerOf: true,
}

/**
 * Starts a failure detector on the node of each member, which listens for all others; ask one for `suspected`. They need no disk:
 * one that comes back with its node suspects nobody at first. Rejects with a `ConfigurationError` for options that could not
 * work or that nobody knows, and with what a spawn threw.
 */
export async function startFailureDetectors(
  system: ActorSystem,
  options: FailureDetectorOptions,
): Promise<readonly DetectingMember[]> {
  requireSystem('startFailureDetectors', system)
  refuseUnknownOptions('startFailureDetectors', options, knownOptions)
  const { group, members, intervalMs = 50, listenerOf } = options
  requireName('startFailureDetectors: group', group)
  const isFunction = listenerOf === undefined || typeof listenerOf === 'function'
  requireOption(isFunction, `listenerOf of group ${group}`, "a function of a member's id", listenerOf)
  requireOption(isPeriod(intervalMs), `intervalMs of group ${group}`, 'milliseconds above 0', intervalMs)
  const detecting = detectingMembers(group, roundMembers(`group ${group}`, members))
  const starting = detecting.map((member) => {
    const listener = listenerOf?.(member.id)
    return spawnDetector(system, member, { members: detecting, intervalMs, ...(listener && { listener }) })
  })
  await Promise.all(starting)
  return detecting
}

/** The detectors of a group by the names that they have. */
export function detectingMembers(
  group: string,
  members: readonly { readonly id: string; readonly node: string }[],
): DetectingMember[] {
  return members.map(({ id, node }) => ({
    id,
    node,
    detector: namedRef(FailureDetector, { node, name: `detector.${group}.${id}` }),
  }))
}

/** Starts the detector of one member. */
export async function spawnDetector(
  system: ActorSystem,
  { id, node, detector }: DetectingMember,
  { members, ...given }: Omit<FailureDetectorArguments, 'id'>,
): Promise<void> {
  const others = members.map((member) => ({ id: member.id, detector: member.detector }))
  await system.spawn(FailureDetector, { id, members: others, ...given }, { node, name: detector.name as string })
}
