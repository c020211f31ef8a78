/**
 * The changes of members that the callers of one client want: one after another, in the order in which they were asked for,
 * each until its configuration has begun or the leader refused it. Whoever asks for what the last of them is to come to
 * shares it. What its caller no longer waits for is still carried out, as a command is.
 */
import { type ActorContext, OverloadError, type ReplyToken } from '@troupe/core'
import type { QuorumSizes } from '../paxos/configuration.ts'
import { isSameMembers, type LogMember, movedMember } from './configuration.ts'
import { membersNotReady } from './log-errors.ts'
import type { LogClientProtocol, UnreadyMembers } from './messages.ts'

/** Changes that wait for an earlier one, at most. */
const changesMax = 16

interface WantedMembers {
  readonly members: readonly LogMember[]
  readonly quorums: QuorumSizes
}

export interface MemberChange extends WantedMembers {
  /** The client's number for it. */
  readonly change: number
  readonly tokens: ReplyToken<number>[]
}

/** What a client keeps of them. */
export interface MemberChanges {
  readonly log: string
  /** The number of the configuration that the client knows, and its members. */
  readonly config: number
  readonly members: readonly LogMember[]
  /** The id of the member that is asked. */
  readonly target: string
  /** The first is under way. */
  readonly changes: MemberChange[]
  /** The number of the configuration that the first is to replace. */
  changing: number
  /** The number of the next change. */
  nextChange: number
}

type Context = Pick<ActorContext<LogClientProtocol>, 'self' | 'tell' | 'reply' | 'replyError'>

/** Takes a change in. */
export function wantChange(state: MemberChanges, wanted: WantedMembers, token: ReplyToken<number>, ctx: Context): void {
  const { log, changes } = state
  const last = changes.at(-1)
  if (last !== undefined && isSameChange(last, wanted)) {
    last.tokens.push(token)
    return
  }
  if (changes.length > changesMax) {
    const what = `replicated log ${log}: ${changesMax} changes of members wait for an earlier one already; wait for some of them`
    ctx.replyError(token, new OverloadError(what, { log, changesMax }))
    return
  }
  const { members, quorums } = wanted
  changes.push({ members, quorums, change: state.nextChange++, tokens: [token] })
  if (changes.length === 1) beginChange(state, ctx)
}

/** Asks for the one that is under way, again. */
export function sendChange({ members, target, changes, changing }: MemberChanges, ctx: Context): void {
  const replica = members.find(({ id }) => id === target)?.replica
  const [first] = changes
  if (first === undefined || replica === undefined) return
  const { tokens: _callers, ...asked } = first
  ctx.tell(replica, 'reconfigure', { client: ctx.self, config: changing, ...asked })
}

/** The leader refuses the one that is under way. */
export function onUnready(state: MemberChanges, message: UnreadyMembers, ctx: Context): void {
  const [first] = state.changes
  if (first?.change !== message.change || state.changing !== message.config) return
  endChange(state, ctx, (token) => ctx.replyError(token, membersNotReady(state.log, message)))
}

/** Configuration `config` has begun, which the client has adopted. */
export function onReconfigured(
  state: MemberChanges,
  { config, members }: { readonly config: number; readonly members: readonly LogMember[] },
  ctx: Context,
): void {
  const [first] = state.changes
  if (first === undefined || config <= state.changing) return
  if (isSameMembers(members, first.members)) endChange(state, ctx, (token) => ctx.reply(token, config))
  else {
    // Another's change came first: this one is still wanted, after it.
    beginChange(state, ctx)
  }
}

function endChange(state: MemberChanges, ctx: Context, answer: (token: ReplyToken<number>) => void): void {
  for (const token of state.changes.shift()?.tokens ?? []) answer(token)
  if (state.changes.length > 0) beginChange(state, ctx)
}

function beginChange(state: MemberChanges, ctx: Context): void {
  const { log, members, changes } = state
  state.changing = state.config
  const problem = changes[0] === undefined ? undefined : movedMember(log, members, changes[0].members)
  if (problem === undefined) sendChange(state, ctx)
  else endChange(state, ctx, (token) => ctx.replyError(token, problem))
}

function isSameChange(one: WantedMembers, { members, quorums }: WantedMembers): boolean {
  const { election, acceptance } = one.quorums
  return election === quorums.election && acceptance === quorums.acceptance && isSameMembers(one.members, members)
}
