/** What the end of a round-based algorithm has in common: who waits for the decision, and how it is told. */
import { type ActorContext, type ActorRef, OverloadError, type ReplyToken } from '@troupe/core'
import type { RoundConfiguration } from './round-configuration.ts'

/** The end. */
export interface RoundDecided<Value = unknown> {
  readonly instance: string
  readonly value: Value
  /** The round that decided, from whom counted the messages that did. */
  readonly round?: number
}

/** What a process needs for it. Nothing of it is durable but `round`. */
export interface Deciding<Value, Protocol extends { decide: (message: RoundDecided<Value>) => void }> {
  readonly configuration: RoundConfiguration<Protocol>
  readonly id: string
  readonly round: number
  /** The round that this process saw decided; `undefined` when it heard of the decision. */
  decidedIn: number | undefined
  gaveUp: boolean
  readonly waiting: ReplyToken<Value>[]
}

type DecidingContext = Pick<ActorContext<any>, 'tell' | 'deferReply' | 'reply' | 'replyError' | 'timers' | 'log'>

/** Clients that may wait at one process. */
const waitingMax = 1_024

/**
 * Has whoever proposes wait for the decision; the token is the turn's result. It is `admitted` unless the proposal is of
 * another instance or has a `problem`, which fails it with a `RangeError`, or too many wait: an `OverloadError`.
 */
export function awaitDecision<Value>(
  { configuration, waiting }: Pick<Deciding<Value, any>, 'configuration' | 'waiting'>,
  { instance, problem }: { readonly instance: unknown; readonly problem?: string | undefined },
  ctx: DecidingContext,
): { readonly reply: ReplyToken<Value>; readonly admitted: boolean } {
  const reply = ctx.deferReply<Value>()
  const strange =
    instance === configuration.instance ? problem : `this process is of instance ${configuration.instance}`
  const admitted = strange === undefined && waiting.length < waitingMax
  if (admitted) waiting.push(reply)
  else if (strange !== undefined) ctx.replyError(reply, new RangeError(strange))
  else {
    const what = `${waitingMax} clients wait for instance ${instance}; ask again once it has decided`
    ctx.replyError(reply, new OverloadError(what, { instance }))
  }
  return { reply, admitted }
}

/** Tells those who wait and the other processes, once it is persisted. */
export function announceDecision<Value>(state: Deciding<Value, any>, value: Value, ctx: DecidingContext): void {
  ctx.timers.cancel('resend')
  ctx.log.info('decided', { round: state.round })
  for (const token of state.waiting.splice(0)) ctx.reply(token, value)
  broadcastDecision(state, value, ctx)
}

/** Tells the other processes; each passes it on once. */
export function broadcastDecision<Value>(
  { configuration, id, decidedIn }: Pick<Deciding<Value, any>, 'configuration' | 'id' | 'decidedIn'>,
  value: Value,
  ctx: DecidingContext,
): void {
  const { instance, members } = configuration
  const decided = { instance, value, ...(decidedIn === undefined ? {} : { round: decidedIn }) }
  for (const { id: other, process } of members) if (other !== id) ctx.tell(process as ActorRef<any>, 'decide', decided)
}

/** There have been as many rounds as there may be. */
export function giveUp(state: Deciding<any, any>, ctx: DecidingContext): void {
  state.gaveUp = true
  ctx.log.error('gave up', { round: state.round })
}
