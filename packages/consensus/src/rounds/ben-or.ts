/**
 * Ben-Or's algorithm (Ben-Or, "Another Advantage of Free Choice", 1983): consensus on one bit without a leader, without a
 * clock and without a failure detector. Where no majority is to be seen a coin is thrown, so that it ends with
 * probability 1 although, by Fischer, Lynch and Paterson, no algorithm without chance could. Less than half may crash.
 *
 * ```
 *   init         estimate = what was proposed here
 *   round r      report(r, estimate) to all, wait for n - f
 *                   more than n/2 say v:   proposal(r, v) to all      else  proposal(r, none)
 *                wait for n - f proposals
 *                   f + 1 say v:   decide v
 *                   one says v:    estimate = v                       else  estimate = a coin
 *   termination  decide(v) is passed on once to all; then only answered with
 * ```
 *
 * What was sent in a round is durable before it leaves, and is never sent differently: one that comes back says the same.
 */
import { type ActorContext, type ActorSystem, defineActor, namedRef } from '@troupe/core'
import { refuseUnknownOptions } from '@troupe/core/host'
import { fieldsOf, requireSystem } from '../given-options.ts'
import {
  announceDecision,
  awaitDecision,
  broadcastDecision,
  type Deciding,
  giveUp,
  type RoundDecided,
} from './deciding.ts'
import {
  knownRoundOptions,
  type RoundArguments,
  type RoundConfiguration,
  type RoundOptions,
  roundConfiguration,
} from './round-configuration.ts'

/** What is agreed on. */
export type Bit = 0 | 1

/** First half of a round. */
export interface Report {
  readonly instance: string
  readonly round: number
  readonly from: string
  readonly value: Bit
  /** It answers a message of a round that is over for the sender, and is not answered in turn. */
  readonly late?: true
}

/** Second half of a round; `none` when no majority was seen. */
export interface Proposal {
  readonly instance: string
  readonly round: number
  readonly from: string
  readonly value: Bit | 'none'
  readonly late?: true
}

/** Where a process stands. */
export interface BenOrStatus {
  readonly phase: 'idle' | 'report' | 'proposal' | 'decided' | 'gave up'
  readonly round: number
  readonly decision?: Bit
}

export type BenOrProtocol = {
  /** Proposes a bit; the reply is the decision. A process takes part once it was asked or has heard of another's round. */
  propose: (message: { readonly instance: string; readonly value: Bit }) => Bit
  report: (message: Report) => void
  proposal: (message: Proposal) => void
  decide: (message: RoundDecided<Bit>) => void
  /** To itself: what may have been lost goes out again. */
  resend: () => void
  status: () => BenOrStatus
}

/** What this process has said in a round. */
interface Said {
  readonly report: Bit
  proposal?: Bit | 'none'
}

/** What others have said in a round, by id: a second word of the same one does not count. */
interface Heard {
  readonly reports: Map<string, Bit>
  readonly proposals: Map<string, Bit | 'none'>
}

export interface BenOrState extends Deciding<Bit, BenOrProtocol> {
  /** From 1; 0 before the first. */
  round: number
  /** By round. Durable. */
  readonly said: Map<number, Said>
  /** Of this round and later ones. */
  readonly heard: Map<number, Heard>
  decision: Bit | undefined
}

/** What a process must not forget. */
export type BenOrEvents = {
  reported: (state: BenOrState, said: { readonly round: number; readonly value: Bit }) => void
  proposed: (state: BenOrState, said: { readonly round: number; readonly value: Bit | 'none' }) => void
  decided: (state: BenOrState, value: Bit) => void
}

type Context = ActorContext<BenOrProtocol, BenOrEvents>

/** Rounds ahead of its own whose messages a process keeps. */
const aheadMax = 64

export const benOrParts = {
  name: 'BenOr',
  module: import.meta.url,
  init: ({ configuration, id }: RoundArguments<BenOrProtocol>): BenOrState => ({
    configuration,
    id,
    round: 0,
    said: new Map(),
    heard: new Map(),
    decision: undefined,
    decidedIn: undefined,
    gaveUp: false,
    waiting: [],
  }),
  events: {
    reported(state: BenOrState, { round, value }: { readonly round: number; readonly value: Bit }) {
      state.round = round
      state.said.set(round, { report: value })
    },
    proposed(state: BenOrState, { round, value }: { readonly round: number; readonly value: Bit | 'none' }) {
      const said = state.said.get(round)
      if (said !== undefined) said.proposal = value
    },
    decided(state: BenOrState, value: Bit) {
      state.decision = value
    },
  },
  snapshot: ({ configuration, id, round, said, decision, gaveUp }: BenOrState): BenOrState => ({
    ...benOrParts.init({ configuration, id }),
    round,
    said,
    decision,
    gaveUp,
  }),
  started(state: BenOrState, ctx: Context) {
    const said = state.said.get(state.round)
    if (said === undefined) return
    if (state.decision === undefined) repeat(state, ctx)
    else broadcastDecision(state, state.decision, ctx)
  },
  on: {
    propose(state: BenOrState, message: { readonly instance: string; readonly value: Bit }, ctx: Context) {
      const { instance, value } = fieldsOf(message)
      const isBit = value === 0 || value === 1
      const problem = isBit ? undefined : `instance ${instance} decides between 0 and 1`
      if (state.decision !== undefined && problem === undefined && instance === state.configuration.instance) {
        return state.decision
      }
      const { reply, admitted } = awaitDecision(state, { instance, problem }, ctx)
      if (admitted && isBit && state.round === 0) beginRound(state, 1, value, ctx)
      return reply
    },
    report(state: BenOrState, message: Report, ctx: Context) {
      if (!takes(state, message, ctx)) return
      heardIn(state, message.round).reports.set(message.from, message.value)
      // Whoever hears of the algorithm before it was asked begins with what it hears.
      if (state.round === 0) beginRound(state, 1, message.value, ctx)
      advance(state, ctx)
    },
    proposal(state: BenOrState, message: Proposal, ctx: Context) {
      if (!takes(state, message, ctx)) return
      heardIn(state, message.round).proposals.set(message.from, message.value)
      advance(state, ctx)
    },
    decide(state: BenOrState, { instance, value }: RoundDecided<Bit>, ctx: Context) {
      if (instance === state.configuration.instance && state.decision === undefined) decide(state, value, ctx)
    },
    resend(state: BenOrState, _message: undefined, ctx: Context) {
      if (state.decision === undefined && !state.gaveUp) repeat(state, ctx)
    },
    status: ({ round, said, decision, gaveUp }: BenOrState): BenOrStatus => {
      if (decision !== undefined) return { phase: 'decided', round, decision }
      const phase = round === 0 ? 'idle' : said.get(round)?.proposal === undefined ? 'report' : 'proposal'
      return { phase: gaveUp ? 'gave up' : phase, round }
    },
  },
}

/** One process of Ben-Or's algorithm. Durable: spawn it with a `durableId`. */
export const BenOr = defineActor<BenOrProtocol>()(benOrParts)

/**
 * Starts the processes of one instance on the members' nodes, which need disks. Ask one of `members` to `propose`; stop them
 * when nobody will ask any more.
 * Rejects with a `ConfigurationError` for options that could not work or that nobody knows, and with what a spawn threw.
 */
export async function startBenOr(
  system: ActorSystem,
  options: RoundOptions,
): Promise<RoundConfiguration<BenOrProtocol>> {
  requireSystem('startBenOr', system)
  refuseUnknownOptions('startBenOr', options, knownRoundOptions)
  const configuration = roundConfiguration<BenOrProtocol>(options, (id, node) =>
    namedRef(BenOr, { node, name: `ben-or.${options.instance}.${id}` }),
  )
  await Promise.all(
    configuration.members.map(({ id, node, process }) => {
      const name = process.name as string
      return system.spawn(BenOr, { configuration, id }, { node, name, durableId: name })
    }),
  )
  return configuration
}

/** Whether a message is for this process now; one of an old round is answered with what was said then. */
function takes(state: BenOrState, { instance, round, from, late }: Report | Proposal, ctx: Context): boolean {
  const { configuration, decision } = state
  const member = configuration.members.find(({ id }) => id === from)
  if (instance !== configuration.instance || member === undefined || state.gaveUp) return false
  if (decision !== undefined) {
    if (from !== state.id) ctx.tell(member.process, 'decide', { instance, value: decision })
    return false
  }
  const said = round < state.round && !late ? state.said.get(round) : undefined
  if (said !== undefined && from !== state.id) say(state, round, said, [member.process], ctx, { late: true })
  return round >= state.round && round <= state.round + aheadMax
}

/** Takes every step that what was heard allows. */
function advance(state: BenOrState, ctx: Context): void {
  const { configuration } = state
  const n = configuration.members.length
  const enough = n - configuration.faulty
  while (state.decision === undefined && !state.gaveUp) {
    const { round } = state
    const said = state.said.get(round)
    const heard = state.heard.get(round)
    if (said === undefined || heard === undefined) return
    if (said.proposal === undefined) {
      if (heard.reports.size < enough) return
      const majority = ([0, 1] as const).find((value) => 2 * count(heard.reports, value) > n)
      ctx.persist('proposed', { round, value: majority ?? 'none' })
      heard.proposals.set(state.id, majority ?? 'none')
      broadcast(state, ctx)
    } else {
      if (heard.proposals.size < enough) return
      const value = ([0, 1] as const).find((candidate) => count(heard.proposals, candidate) > 0)
      if (value !== undefined && count(heard.proposals, value) > configuration.faulty) {
        state.decidedIn = round
        decide(state, value, ctx)
      } else beginRound(state, round + 1, value ?? coin(ctx), ctx)
    }
  }
}

function beginRound(state: BenOrState, round: number, value: Bit, ctx: Context): void {
  const { configuration, id } = state
  state.heard.delete(state.round)
  if (round > configuration.roundsMax) {
    giveUp(state, ctx)
    return
  }
  ctx.persist('reported', { round, value })
  ctx.log.debug('round', { round, estimate: value })
  heardIn(state, round).reports.set(id, value)
  broadcast(state, ctx)
  advance(state, ctx)
}

function decide(state: BenOrState, value: Bit, ctx: Context): void {
  ctx.persist('decided', value)
  state.heard.clear()
  announceDecision(state, value, ctx)
}

/** What was said in the round under way, to all, and again after a while. */
function broadcast(state: BenOrState, ctx: Context): void {
  const { configuration, id, round } = state
  const said = state.said.get(round)
  const others = configuration.members.filter((member) => member.id !== id).map(({ process }) => process)
  if (said !== undefined) say(state, round, said, others, ctx)
  ctx.timers.once({ key: 'resend', delayMs: configuration.resendMs }, 'resend')
}

function repeat(state: BenOrState, ctx: Context): void {
  // What it said itself is heard too, also after a restart.
  const said = state.said.get(state.round)
  if (said === undefined) return
  const heard = heardIn(state, state.round)
  heard.reports.set(state.id, said.report)
  if (said.proposal !== undefined) heard.proposals.set(state.id, said.proposal)
  broadcast(state, ctx)
  advance(state, ctx)
}

function say(
  { configuration, id: from }: BenOrState,
  round: number,
  { report, proposal }: Said,
  to: readonly RoundConfiguration<BenOrProtocol>['members'][number]['process'][],
  ctx: Context,
  late: { readonly late?: true } = {},
): void {
  const { instance } = configuration
  for (const process of to) {
    ctx.tell(process, 'report', { instance, round, from, value: report, ...late })
    if (proposal !== undefined) ctx.tell(process, 'proposal', { instance, round, from, value: proposal, ...late })
  }
}

function heardIn(state: BenOrState, round: number): Heard {
  let heard = state.heard.get(round)
  if (heard === undefined) {
    heard = { reports: new Map(), proposals: new Map() }
    state.heard.set(round, heard)
  }
  return heard
}

function count(said: ReadonlyMap<string, Bit | 'none'>, value: Bit): number {
  let number = 0
  for (const each of said.values()) if (each === value) number++
  return number
}

function coin(ctx: Context): Bit {
  return ctx.random.int(2) === 0 ? 0 : 1
}
