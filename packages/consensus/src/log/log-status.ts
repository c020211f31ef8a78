/** How a log is: what each of its replicas says of itself, and what that tells of a call that nobody answered in time. */
import type { ActorRef, ActorSystem, AskTimeoutError } from '@troupe/core'
import type { LogConfiguration, LogMember } from './configuration.ts'
import { compareLogBallots, type LogBallot } from './log-ballot.ts'
import type { LogCallerProtocol } from './log-client.ts'
import { LogTimeoutError, notReadyToLead } from './log-errors.ts'
import type { ReplicaStatus } from './messages.ts'

/** One member of a log, as it was asked. */
export interface LogMemberStatus extends Pick<LogMember, 'id' | 'node' | 'priority' | 'learner'> {
  /** What its replica says of itself. `undefined`: it did not answer in time. */
  readonly replica: ReplicaStatus | undefined
}

/** How a log is. */
export interface LogStatus {
  readonly log: string
  /** The number of the latest configuration that somebody who answered is in. */
  readonly config: number
  /** Its quorums. `undefined`: nobody has answered. */
  readonly quorums: LogConfiguration['quorums'] | undefined
  /** The id of the member that says it leads, under the highest ballot; it may have lost its quorum and not know yet. */
  readonly leader: string | undefined
  readonly ballot: LogBallot | undefined
  /** Entries that are decided, as far as those who answered know: one whose `applied` is as high has all of them. */
  readonly decided: number
  readonly members: readonly LogMemberStatus[]
}

/** Milliseconds in which the members say how they are, when a call has had no answer in time. */
const explanationMs = 250

/** Asks the members that a client knows, and those of a later configuration that these tell of. */
export async function logStatus(
  system: ActorSystem,
  log: string,
  client: ActorRef<LogCallerProtocol>,
  timeoutMs: number,
): Promise<LogStatus> {
  const asked = new Map<string, ReplicaStatus | undefined>()
  const ask = async (members: readonly LogMember[]) => {
    const fresh = members.filter(({ id }) => !asked.has(id))
    const answers = fresh.map(({ replica }) => system.askWith({ timeoutMs }, replica, 'status').catch(() => undefined))
    for (const [index, status] of (await Promise.all(answers)).entries())
      asked.set((fresh[index] as LogMember).id, status)
  }
  const known = await system.askWith({ timeoutMs }, client, 'members')
  await ask(known.members)
  const latest = latestOf(asked.values())
  const isLater = latest !== undefined && latest.number > known.config
  const members = isLater ? latest.members : known.members
  if (isLater) await ask(members)
  const answered = [...asked.values()].filter((status) => status !== undefined)
  const [leader] = answered
    .filter(({ role }) => role === 'leader')
    .toSorted((left, right) => compareLogBallots(right.ballot, left.ballot))
  return {
    log,
    config: isLater ? latest.number : known.config,
    quorums: latest?.quorums,
    leader: leader?.id,
    ballot: leader?.ballot,
    decided: Math.max(0, ...answered.map(({ decided }) => decided)),
    members: members.map(({ id, node, priority, learner }) => ({
      id,
      node,
      priority,
      learner,
      replica: asked.get(id),
    })),
  }
}

/**
 * Rejects with a `MembersNotReadyError` unless the replica of member `to` answers within `timeoutMs` that it votes. Who is no member
 * as the client knows them is not asked.
 */
export async function requireReadyToLead(
  system: ActorSystem,
  log: string,
  client: ActorRef<LogCallerProtocol>,
  { to, timeoutMs }: { readonly to: string; readonly timeoutMs: number },
): Promise<void> {
  const { members } = await system.askWith({ timeoutMs }, client, 'members')
  const member = members.find(({ id, learner }) => id === to && !learner)
  if (member === undefined) return
  const status = await system.askWith({ timeoutMs }, member.replica, 'status').catch(() => undefined)
  if (status?.standing !== 'voter') throw notReadyToLead(log, to, status?.standing)
}

/** Why calls have no answer. */
export interface LogExplanation {
  readonly reason: string
  /** The ids of who leads, and of those that did not answer. */
  readonly leader: string | undefined
  readonly absent: readonly string[]
}

/** What the members tell of calls that have no answer; `undefined` when the client is gone too. */
export async function logExplanation(
  system: ActorSystem,
  log: string,
  client: ActorRef<LogCallerProtocol>,
): Promise<LogExplanation | undefined> {
  const status = await logStatus(system, log, client, explanationMs).catch(() => undefined)
  if (status === undefined) return undefined
  const absent = status.members.filter(({ replica }) => replica === undefined).map(({ id }) => id)
  return { reason: reasonOf(status, absent), leader: status.leader, absent }
}

/** `error`, with what was found out. */
export function timedOut(log: string, error: AskTimeoutError, found: LogExplanation | undefined): AskTimeoutError {
  if (found === undefined) return error
  const { message, timeoutMs } = error.facts
  const { reason, leader, absent } = found
  const what = `replicated log ${log}: no reply to ${message} within ${timeoutMs} ms: ${reason}`
  return new LogTimeoutError(what, { ...error.facts, log, leader, absent }, { cause: error })
}

function reasonOf({ leader, members, quorums }: LogStatus, absent: readonly string[]): string {
  const ids = members.map(({ id }) => id).join(', ')
  if (quorums === undefined) return `none of ${ids} answers; no replica of it runs there, or none can be reached`
  const silent = absent.length === 0 ? 'all members answer' : `no answer from ${absent.join(', ')}`
  const voting = members.filter(({ replica }) => replica?.standing === 'voter').map(({ id }) => id)
  const needed = Math.max(quorums.election, quorums.acceptance)
  if (voting.length < needed) {
    const refused = members.filter(({ replica }) => replica?.standing === 'refused').map(({ id }) => id)
    const lost = refused.length === 0 ? '' : `; refused, since what they had stored is lost: ${refused.join(', ')}`
    return `no quorum; ${silent}, and of the ${needed} that have to vote there are ${voting.length}: ${voting.join(', ') || 'none'}${lost}`
  }
  if (leader === undefined) return `no leader; ${silent}, and ${voting.join(', ')} have elected none`
  return `${leader} leads, and ${silent}; raise timeoutMs or see why it is busy`
}

function latestOf(answers: Iterable<ReplicaStatus | undefined>): LogConfiguration | undefined {
  let latest: LogConfiguration | undefined
  for (const status of answers)
    if (status !== undefined && status.configuration.number > (latest?.number ?? 0)) latest = status.configuration
  return latest
}
