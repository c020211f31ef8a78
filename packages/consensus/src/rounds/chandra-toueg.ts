/**
 * Chandra and Toueg's algorithm with a rotating coordinator ("Unreliable Failure Detectors for Reliable Distributed
 * Systems", 1996, section 6.2): consensus on any value in an asynchronous system with a failure detector that is right
 * at last. Less than half may crash. It never decides wrongly, whatever the detector says.
 *
 * ```
 *   init         estimate = what was proposed here, ts = 0
 *   round r      estimate(r, estimate, ts) to the coordinator, member r mod n
 *   coordinator  of a majority's estimates the one with the highest ts: proposal(r, value) to all
 *   each         hears the proposal:        estimate = value, ts = r; ack(r)
 *                suspects the coordinator:  nack(r)                      either way: round r + 1
 *   coordinator  acks of a majority:        decide(value) to all
 *   termination  decide(value) is passed on once to all; then only answered with
 * ```
 *
 * Durable: round, estimate and ts, and what was proposed in a round, before the message that tells of it. Lost messages
 * are sent again. Whoever hears of a later round goes there: that is as if it had suspected the coordinators between.
 */
import { type ActorContext, type ActorRef, type ActorSystem, defineActor, namedRef } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'
import { fieldsOf, requireSystem } from '../given-options.ts'
import {
  announceDecision,
  awaitDecision,
  broadcastDecision,
  type Deciding,
  giveUp,
  type RoundDecided,
} from './deciding.ts'
import { type DetectingMember, detectingMembers, type SuspicionListener, spawnDetector } from './failure-detector.ts'
import {
  isPeriod,
  knownRoundOptions,
  type RoundArguments,
  type RoundConfiguration,
  type RoundOptions,
  roundConfiguration,
} from './round-configuration.ts'

/** To the coordinator of the round. */
export interface Estimate {
  readonly instance: string
  readonly round: number
  readonly from: string
  readonly estimate: unknown
  /** The round in which the estimate was adopted, 0 for one's own. */
  readonly ts: number
}

/** From the coordinator of the round. */
export interface RoundProposal {
  readonly instance: string
  readonly round: number
  readonly value: unknown
}

/** To the coordinator: `ack` adopts its proposal. */
interface RoundAnswer {
  readonly instance: string
  readonly round: number
  readonly from: string
}

/** Where a process stands. */
export interface ChandraTouegStatus {
  readonly phase: 'idle' | 'estimate' | 'decided' | 'gave up'
  readonly round: number
  readonly decision?: unknown
}

export type ChandraTouegProtocol = SuspicionListener & {
  /** Proposes a value; the reply is the decision, which may be another's. */
  propose: (message: { readonly instance: string; readonly value: unknown }) => unknown
  estimate: (message: Estimate) => void
  proposal: (message: RoundProposal) => void
  ack: (message: RoundAnswer) => void
  nack: (message: RoundAnswer) => void
  /** The sender is in that round. */
  round: (message: RoundAnswer) => void
  decide: (message: RoundDecided) => void
  /** To itself: what may have been lost goes out again. */
  resend: () => void
  status: () => ChandraTouegStatus
}

interface Chosen {
  readonly value: unknown
}

/** What a coordinator knows of a round. */
interface Coordination {
  readonly estimates: Map<string, { readonly value: unknown; readonly ts: number }>
  readonly acks: Set<string>
}

export interface ChandraTouegState extends Deciding<unknown, ChandraTouegProtocol> {
  /** From 1; 0 before the first. */
  round: number
  estimate: Chosen | undefined
  ts: number
  /** By round: what this process proposed as its coordinator. */
  readonly proposals: Map<number, Chosen>
  decision: Chosen | undefined
  // From here on nothing is durable.
  readonly coordinating: Map<number, Coordination>
  readonly suspected: Set<string>
}

/** What a process must not forget. */
export type ChandraTouegEvents = {
  entered: (state: ChandraTouegState, round: number) => void
  /** The estimate of this process, and the round that it is from. */
  adopted: (state: ChandraTouegState, estimate: { readonly value: unknown; readonly ts: number }) => void
  proposed: (state: ChandraTouegState, proposal: { readonly round: number; readonly value: unknown }) => void
  decided: (state: ChandraTouegState, decision: Chosen) => void
}

type Context = ActorContext<ChandraTouegProtocol, ChandraTouegEvents>

export const chandraTouegParts = {
  name: 'ChandraToueg',
  module: import.meta.url,
  init: ({ configuration, id }: RoundArguments<ChandraTouegProtocol>): ChandraTouegState => ({
    configuration,
    id,
    round: 0,
    estimate: undefined,
    ts: 0,
    proposals: new Map(),
    decision: undefined,
    decidedIn: undefined,
    coordinating: new Map(),
    suspected: new Set(),
    gaveUp: false,
    waiting: [],
  }),
  events: {
    entered(state: ChandraTouegState, round: number) {
      state.round = round
    },
    adopted(state: ChandraTouegState, { value, ts }: { readonly value: unknown; readonly ts: number }) {
      state.estimate = { value }
      state.ts = ts
    },
    proposed(state: ChandraTouegState, { round, value }: { readonly round: number; readonly value: unknown }) {
      state.proposals.set(round, { value })
    },
    decided(state: ChandraTouegState, decision: Chosen) {
      state.decision = decision
    },
  },
  snapshot: ({
    configuration,
    id,
    round,
    estimate,
    ts,
    proposals,
    decision,
  }: ChandraTouegState): ChandraTouegState => ({
    ...chandraTouegParts.init({ configuration, id }),
    round,
    estimate,
    ts,
    proposals,
    decision,
  }),
  started(state: ChandraTouegState, ctx: Context) {
    if (state.decision !== undefined) broadcastDecision(state, state.decision.value, ctx)
    else if (state.round > 0) sendEstimate(state, ctx)
  },
  on: {
    propose(
      state: ChandraTouegState,
      message: { readonly instance: string; readonly value: unknown },
      ctx: Context,
    ): unknown {
      const { instance, value } = fieldsOf(message)
      if (state.decision !== undefined && instance === state.configuration.instance) return state.decision.value
      const { reply, admitted } = awaitDecision(state, { instance }, ctx)
      if (admitted && state.estimate === undefined) {
        ctx.persist('adopted', { value, ts: 0 })
        enter(state, Math.max(1, state.round), ctx)
      }
      return reply
    },
    estimate(state: ChandraTouegState, message: Estimate, ctx: Context) {
      const { round, from, estimate: value, ts } = message
      const member = takes(state, message, from, ctx)
      // Whoever hears of the algorithm before it was asked begins with what it hears.
      if (member !== undefined && state.estimate === undefined) {
        ctx.persist('adopted', { value, ts: 0 })
        enter(state, Math.max(1, state.round, round), ctx)
      }
      if (member === undefined || coordinatorOf(state, round) !== state.id) return
      const proposal = state.proposals.get(round)
      if (proposal === undefined) {
        coordination(state, round).estimates.set(from, { value, ts })
        coordinate(state, round, ctx)
      } else {
        ctx.tell(member, 'proposal', { instance: message.instance, round, value: proposal.value })
      }
    },
    proposal(state: ChandraTouegState, { instance, round, value }: RoundProposal, ctx: Context) {
      const from = coordinatorOf(state, round)
      const member = takes(state, { instance, round }, from, ctx)
      if (member === undefined) return
      // In this round and not gone from it: a nack, or a later round, is never taken back.
      if (round < state.round) return
      if (state.ts < round) ctx.persist('adopted', { value, ts: round })
      ctx.tell(member, 'ack', { instance, round, from: state.id })
      enter(state, round + 1, ctx)
    },
    ack(state: ChandraTouegState, { instance, round, from }: RoundAnswer, ctx: Context) {
      const proposal = state.proposals.get(round)
      if (takes(state, { instance, round }, from, ctx) === undefined || proposal === undefined) return
      const { acks } = coordination(state, round)
      acks.add(from)
      if (2 * acks.size <= state.configuration.members.length) return
      state.decidedIn = round
      decide(state, proposal, ctx)
    },
    nack(state: ChandraTouegState, { instance, round, from }: RoundAnswer, ctx: Context) {
      // The round may still be decided by the others; its coordinator goes on to the next one meanwhile.
      if (takes(state, { instance, round }, from, ctx) === undefined) return
      if (round === state.round && coordinatorOf(state, round) === state.id) enter(state, round + 1, ctx)
    },
    round(state: ChandraTouegState, { instance, round, from }: RoundAnswer, ctx: Context) {
      if (round >= state.round || state.decision !== undefined) takes(state, { instance, round }, from, ctx)
    },
    decide(state: ChandraTouegState, { instance, value }: RoundDecided, ctx: Context) {
      if (instance === state.configuration.instance && state.decision === undefined) decide(state, { value }, ctx)
    },
    suspicion(
      state: ChandraTouegState,
      { id, suspected }: { readonly id: string; readonly suspected: boolean },
      ctx: Context,
    ) {
      if (suspected) state.suspected.add(id)
      else state.suspected.delete(id)
      leaveSuspected(state, ctx)
    },
    resend(state: ChandraTouegState, _message: undefined, ctx: Context) {
      const { configuration, id: from, round, decision, gaveUp } = state
      if (decision !== undefined || round === 0 || gaveUp) return
      sendEstimate(state, ctx)
      // Who is behind comes along, and who has decided says so.
      const { instance, members } = configuration
      for (const { id, process } of members) if (id !== from) ctx.tell(process, 'round', { instance, round, from })
    },
    status: ({ round, decision, gaveUp }: ChandraTouegState): ChandraTouegStatus => {
      if (decision !== undefined) return { phase: 'decided', round, decision: decision.value }
      return { phase: gaveUp ? 'gave up' : round === 0 ? 'idle' : 'estimate', round }
    },
  },
}

/** One process of the algorithm. Durable: spawn it with a `durableId`, and a `FailureDetector` beside it. */
export const ChandraToueg = defineActor<ChandraTouegProtocol>()(chandraTouegParts)

/** How an instance of Chandra and Toueg's algorithm is started. */
export interface ChandraTouegOptions extends RoundOptions {
  /** Milliseconds from one `alive` of a failure detector to the next. Default 50. */
  readonly detectorMs?: number
}

/** An instance of the algorithm: its processes, and the failure detectors beside them. */
export interface ChandraTouegConfiguration extends RoundConfiguration<ChandraTouegProtocol> {
  readonly detectors: readonly DetectingMember[]
}

const knownOptions: KnownOptions<ChandraTouegOptions> = { ...knownRoundOptions, detectorMs: true }

/**
 * Starts the processes of one instance with their failure detectors on the members' nodes, which need disks. Ask one of
 * `members` to `propose`; stop them and the `detectors` when nobody will ask any more. Rejects with a `ConfigurationError` for
 * options that could not work or that nobody knows, and with what a spawn threw.
 */
export async function startChandraToueg(
  system: ActorSystem,
  options: ChandraTouegOptions,
): Promise<ChandraTouegConfiguration> {
  requireSystem('startChandraToueg', system)
  refuseUnknownOptions('startChandraToueg', options, knownOptions)
  const { instance, detectorMs = 50 } = options
  requireOption(isPeriod(detectorMs), `detectorMs of instance ${instance}`, 'milliseconds above 0', detectorMs)
  const configuration = roundConfiguration<ChandraTouegProtocol>(options, (id, node) =>
    namedRef(ChandraToueg, { node, name: `chandra-toueg.${instance}.${id}` }),
  )
  const detectors = detectingMembers(instance, configuration.members)
  await Promise.all(
    configuration.members.map(async ({ id, node, process }, index) => {
      const name = process.name as string
      await system.spawn(ChandraToueg, { configuration, id }, { node, name, durableId: name })
      const detector = detectors[index] as DetectingMember
      await spawnDetector(system, detector, { members: detectors, listener: process, intervalMs: detectorMs })
    }),
  )
  return { ...configuration, detectors }
}

function coordinatorOf({ configuration }: ChandraTouegState, round: number): string {
  return configuration.members[round % configuration.members.length]?.id as string
}

function coordination(state: ChandraTouegState, round: number): Coordination {
  let known = state.coordinating.get(round)
  if (known === undefined) {
    known = { estimates: new Map(), acks: new Set() }
    state.coordinating.set(round, known)
  }
  return known
}

/** The sender of a message that is for this process now; an old round's sender is told of this one. */
function takes(
  state: ChandraTouegState,
  { instance, round }: { readonly instance: string; readonly round: number },
  from: string,
  ctx: Context,
): ActorRef<ChandraTouegProtocol> | undefined {
  const { configuration, decision } = state
  const member = configuration.members.find(({ id }) => id === from)?.process
  if (instance !== configuration.instance || member === undefined || state.gaveUp) return undefined
  if (decision !== undefined) {
    if (from !== state.id) ctx.tell(member, 'decide', { instance, value: decision.value })
    return undefined
  }
  if (round > configuration.roundsMax) return undefined
  if (round < state.round && from !== state.id)
    ctx.tell(member, 'round', { instance, round: state.round, from: state.id })
  else if (round > state.round && state.estimate !== undefined) enter(state, round, ctx)
  return member
}

/** The coordinator's proposal, once a majority's estimates are there, once and for all. */
function coordinate(state: ChandraTouegState, round: number, ctx: Context): void {
  const { configuration } = state
  const { estimates } = coordination(state, round)
  if (2 * estimates.size <= configuration.members.length) return
  let best: { readonly value: unknown; readonly ts: number } | undefined
  for (const estimate of estimates.values()) if (best === undefined || estimate.ts > best.ts) best = estimate
  const value = best?.value
  ctx.persist('proposed', { round, value })
  ctx.log.debug('proposal', { round })
  const { instance, members } = configuration
  for (const { process } of members) ctx.tell(process, 'proposal', { instance, round, value })
}

function enter(state: ChandraTouegState, round: number, ctx: Context): void {
  if (round <= state.round) return
  if (round > state.configuration.roundsMax) {
    giveUp(state, ctx)
    return
  }
  ctx.persist('entered', round)
  ctx.log.debug('round', { round })
  // A coordinator still waits for the acks of its last round; what is older is over.
  const { length } = state.configuration.members
  for (const old of state.coordinating.keys()) if (old < round - length) state.coordinating.delete(old)
  sendEstimate(state, ctx)
  leaveSuspected(state, ctx)
}

function sendEstimate(state: ChandraTouegState, ctx: Context): void {
  const { configuration, id: from, round, estimate, ts } = state
  if (estimate === undefined || state.decision !== undefined) return
  const { instance, members, resendMs } = configuration
  const coordinator = coordinatorOf(state, round)
  for (const { id, process } of members) {
    // To those that may not have been asked for a value, too, until one was proposed by a coordinator.
    if (id === coordinator || (ts === 0 && id !== from))
      ctx.tell(process, 'estimate', { instance, round, from, estimate: estimate.value, ts })
  }
  ctx.timers.once({ key: 'resend', delayMs: resendMs }, 'resend')
}

/** Does not wait for a coordinator that is suspected. */
function leaveSuspected(state: ChandraTouegState, ctx: Context): void {
  const { configuration, round, suspected, decision, estimate, id } = state
  const coordinator = configuration.members[round % configuration.members.length]
  if (decision !== undefined || estimate === undefined || round === 0 || state.gaveUp) return
  if (coordinator === undefined || coordinator.id === id || !suspected.has(coordinator.id)) return
  ctx.tell(coordinator.process, 'nack', { instance: configuration.instance, round, from: id })
  enter(state, round + 1, ctx)
}

function decide(state: ChandraTouegState, decision: Chosen, ctx: Context): void {
  ctx.persist('decided', decision)
  state.coordinating.clear()
  announceDecision(state, decision.value, ctx)
}
