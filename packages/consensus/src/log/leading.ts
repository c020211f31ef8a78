/**
 * The leader's part: election (phase 1, once for all of the log that is not decided), then proposal and acceptance of
 * entries in batches that do not wait for one another. A leader counts itself like any follower: by an `accepted` that
 * output commit holds until its own entries are synced, while its batches are already on their way (`tellEarly`).
 */

import { pendingConfiguration } from './applying.ts'
import { askToCatchUp } from './catching-up.ts'
import { isVoter, type LogMember, votersOf } from './configuration.ts'
import { withdraw } from './electing.ts'
import { batchFrom, type Entry, entriesFrom, lengthOf, weightBetween, weightOf } from './entry.ts'
import { isLentTo, releaseLeases } from './leases.ts'
import { compareLogBallots, higherOf, type LogBallot } from './log-ballot.ts'
import type {
  AcceptEntries,
  AcceptedLog,
  DecideLog,
  Missing,
  NackLog,
  PrepareLog,
  PromisedLog,
  ReleasedLeases,
} from './messages.ts'
import { type Leadership, type ReplicaContext, type ReplicaState, replicaOf } from './replica-state.ts'

/** Rounds of heartbeats that a leader waits for its successor. */
const successorRoundsMax = 4

/**
 * Phase 1a: stands for election under `ballot`, which is above all that this replica has promised; not while it has lent its
 * promise to another one, unless that has `released` it.
 */
export function standForElection(
  state: ReplicaState,
  ballot: LogBallot,
  ctx: ReplicaContext,
  released?: ReleasedLeases,
): void {
  if (isLentTo(state, released === undefined ? { ballot } : { ballot, released }, ctx)) return
  ctx.persist('promised', ballot)
  state.leader = higherOf(state.leader, ballot)
  state.lead = newLeadership(ballot, released)
  ctx.log.debug('election', { ballot })
  sendPrepares(state, state.lead, ctx)
  maybeElected(state, state.lead, ctx)
}

/** Another's ballot is above this one's. */
export function stepDown(state: ReplicaState, ctx: ReplicaContext): void {
  const { lead } = state
  if (lead === undefined) return
  state.lead = undefined
  withdraw(state)
  ctx.log.debug('stepped down', { ballot: lead.ballot })
  const clients = new Set([
    ...lead.clients.values(),
    ...lead.openers.values(),
    ...lead.reads.map(({ client }) => client),
    ...lead.probed.map(({ client }) => client),
  ])
  for (const client of clients) ctx.tell(client, 'redirect', redirection(state))
}

/** What a client is told that asked the wrong replica. */
export function redirection({ configuration, leader, id }: ReplicaState) {
  const { number: config, members } = configuration
  return { config, members, ...(leader === undefined || leader.node === id ? {} : { leader: leader.node }) }
}

export function onPromise(state: ReplicaState, promise: PromisedLog, ctx: ReplicaContext): void {
  const lead = leadershipOf(state, promise.ballot)
  if (lead === undefined || !isMember(state, promise.from)) return
  if (promise.behind) {
    // What it lacks is decided, so that anybody's word for it will do.
    askToCatchUp(state, promise.from, ctx)
  } else if (lead.elected) {
    sync(state, lead, promise, ctx)
  } else {
    lead.promises.set(promise.from, promise)
    maybeElected(state, lead, ctx)
  }
}

/** Phase 1 ends: the log of the highest ballot, and of those the longest, becomes this ballot's. */
function maybeElected(state: ReplicaState, lead: Leadership, ctx: ReplicaContext): void {
  const { configuration, id } = state
  const promised = [...lead.promises.values()].filter(({ from }) => isVoter(configuration, from))
  if (promised.length + 1 < configuration.quorums.election) return
  let best: PromisedLog | undefined
  let bestBallot = state.acceptedBallot
  let bestLength = lengthOf(state.entries)
  for (const promise of promised) {
    const order = compareLogBallots(promise.acceptedBallot, bestBallot)
    if (order < 0 || (order === 0 && promise.length <= bestLength)) continue
    best = promise
    bestBallot = promise.acceptedBallot
    bestLength = promise.length
  }
  lead.elected = true
  lead.adopted = bestBallot
  lead.adoptedLength = bestLength
  const { at, entries } = best?.suffix ?? { at: bestLength, entries: [] }
  lead.inFlight = weightBetween(state.entries, state.decided, Math.min(at, lengthOf(state.entries)))
  append(state, lead, at, entries, ctx)
  lead.stopped = pendingConfiguration(state) !== undefined
  if (!lead.stopped) append(state, lead, bestLength, [{ kind: 'empty' }], ctx)
  lead.ownIndex = lengthOf(state.entries) - 1
  ctx.log.info('leads', { id, ballot: lead.ballot, length: bestLength })
  for (const promise of lead.promises.values()) sync(state, lead, promise, ctx)
  flushLater(lead, ctx)
}

/** The first entries of this ballot for a follower: from where its log may differ from this one's. */
function sync(state: ReplicaState, lead: Leadership, promise: PromisedLog, ctx: ReplicaContext): void {
  const { from, acceptedBallot, length, decided } = promise
  const member = replicaOf(state, from)
  if (member === undefined) return
  // Logs of one ballot are beginnings of each other. Of another ballot only what is decided is known to be the same.
  let at = 0
  if (compareLogBallots(acceptedBallot, lead.ballot) === 0) at = Math.min(length, lengthOf(state.entries))
  else if (compareLogBallots(acceptedBallot, lead.adopted) === 0) at = Math.min(length, lead.adoptedLength)
  at = Math.max(at, decided)
  // All of the adopted log or nothing: a vote in this ballot says that what earlier ballots decided is there too.
  const { inFlightMax, batchMax } = state.options
  const whole = lead.adoptedLength - at
  if (at < state.entries.trimmed || whole > inFlightMax + batchMax) {
    ctx.tellEarly(member.replica, 'behind', { ballot: lead.ballot })
    return
  }
  const entries = entriesFrom(state.entries, at, Math.min(lengthOf(state.entries), at + Math.max(whole, batchMax)))
  const matched = lead.peers.get(from)?.matched ?? 0
  lead.peers.set(from, { next: at + entries.length, matched, matchedAtTick: matched, underWayFrom: 0 })
  ctx.tellEarly(member.replica, 'acceptSync', { ballot: lead.ballot, at, entries, decided: state.decided })
}

/** Phase 2b. Returns true when more is decided than before. */
export function onAccepted(state: ReplicaState, { ballot, from, length }: AcceptedLog, ctx: ReplicaContext): boolean {
  const lead = leadershipOf(state, ballot)
  if (lead === undefined || !lead.elected) return false
  if (from === state.id) {
    lead.synced = Math.max(lead.synced, length)
  } else {
    const peer = lead.peers.get(from)
    if (peer === undefined) return false
    peer.matched = Math.max(peer.matched, length)
    peer.next = Math.max(peer.next, length)
  }
  flushIfDue(state, lead, ctx)
  // Most votes are the first or the last of their entries, and decide nothing.
  if (!isStoredByQuorum(state, lead, state.decided + 1)) return false
  const decided = Math.min(storedByQuorum(state, lead), lengthOf(state.entries))
  if (decided <= state.decided) return false
  lead.inFlight -= weightBetween(state.entries, state.decided, decided)
  state.decided = decided
  return true
}

/** True when a quorum of the voters has synced `length` entries, as far as this leader knows. */
function isStoredByQuorum({ id, configuration }: ReplicaState, lead: Leadership, length: number): boolean {
  const voters = votersOf(configuration)
  let count = 0
  for (let index = 0; index < voters.length; index++)
    if (storedBy(lead, voters[index] as LogMember, id) >= length) count++
  return count >= configuration.quorums.acceptance
}

/** The entries below are synced by a quorum of the voters, as far as this leader knows. */
function storedByQuorum({ id, configuration }: ReplicaState, lead: Leadership): number {
  const { acceptance } = configuration.quorums
  /** The most that voters have stored, as many as are in a quorum, in order. */
  const most: number[] = []
  const voters = votersOf(configuration)
  for (let index = 0; index < voters.length; index++) {
    const stored = storedBy(lead, voters[index] as LogMember, id)
    let place = most.length
    for (; place > 0 && (most[place - 1] as number) < stored; place--) most[place] = most[place - 1] as number
    most[place] = stored
    if (most.length > acceptance) most.pop()
  }
  return most[acceptance - 1] ?? 0
}

function storedBy({ synced, peers }: Leadership, { id }: LogMember, own: string): number {
  return id === own ? synced : (peers.get(id)?.matched ?? 0)
}

export function onMissing(state: ReplicaState, { ballot, from, length }: Missing, ctx: ReplicaContext): void {
  const lead = leadershipOf(state, ballot)
  const peer = lead?.peers.get(from)
  if (lead === undefined || peer === undefined) return
  peer.next = Math.min(peer.next, Math.max(length, peer.matched))
  flushLater(lead, ctx)
}

export function onNack(state: ReplicaState, { ballot, promised }: NackLog, ctx: ReplicaContext): void {
  if (promised.config === state.configuration.number) state.leader = higherOf(state.leader, promised)
  // The ballot is lost for good, even if a quorum would still accept under it.
  if (leadershipOf(state, ballot) !== undefined) stepDown(state, ctx)
}

/**
 * Entries go out: those that wait are appended, followers get what they lack. What is decided they hear with the next
 * entries, or with the next tick: nobody waits for them to apply it.
 */
export function flush(state: ReplicaState, ctx: ReplicaContext): void {
  const { lead, options } = state
  if (lead === undefined) return
  lead.flushing = false
  if (!lead.elected) return
  const entries = lead.stopped ? [] : takeWaiting(lead, options.inFlightMax - lead.inFlight)
  if (entries.length > 0) {
    const end = entries.findIndex(({ kind }) => kind === 'configuration')
    // Nothing follows the end of a configuration; its clients turn to the next one's leader with what waits here.
    if (end >= 0) {
      entries.length = end + 1
      lead.waiting.length = 0
      lead.commandsWaiting = 0
    }
    append(state, lead, lengthOf(state.entries), entries, ctx)
    lead.stopped = end >= 0
  }
  /** What went out last: most followers lack the same. */
  let batch: AcceptEntries | undefined
  for (const [id, peer] of lead.peers) {
    const member = replicaOf(state, id)
    if (member === undefined) continue
    if (peer.next < state.entries.trimmed) {
      ctx.tellEarly(member.replica, 'behind', { ballot: lead.ballot })
      lead.peers.delete(id)
      continue
    }
    const from = Math.max(peer.matched, peer.underWayFrom)
    while (peer.next < lengthOf(state.entries) && peer.next - from < options.inFlightMax) {
      const at = peer.next
      if (batch?.at !== at) {
        const entries = batchFrom(state.entries, at, options.batchMax)
        batch = { ballot: lead.ballot, at, entries, decided: state.decided }
      }
      ctx.tellEarly(member.replica, 'acceptBatch', batch)
      peer.next = at + batch.entries.length
    }
  }
  if (lead.successor !== undefined) maybeHandOver(state, lead, lead.successor, ctx)
}

/** The entries that have waited longest, as many as there is room for. */
function takeWaiting(lead: Leadership, room: number): Entry[] {
  const { waiting } = lead
  if (waiting.length === 0) return []
  let count = 0
  let weight = 0
  for (; count < waiting.length && weight < room; count++) weight += weightOf(waiting[count] as Entry)
  lead.commandsWaiting -= weight
  return waiting.splice(0, count)
}

/** What was lost is sent again. */
export function leaderTick(state: ReplicaState, ctx: ReplicaContext): void {
  const { lead } = state
  if (lead === undefined) return
  sendPrepares(state, lead, ctx)
  if (!lead.elected) return
  // Counted anew: what was decided may have been heard from others.
  lead.inFlight = weightBetween(state.entries, state.decided, lengthOf(state.entries))
  // A successor that does not catch up in time leaves things as they are.
  if (lead.successor !== undefined && --lead.successorRounds < 0) lead.successor = undefined
  const decide: DecideLog = { ballot: lead.ballot, length: state.decided }
  for (const [id, peer] of lead.peers) {
    // What is trimmed is not sent again, even if this leader has never heard that the follower has it.
    if (peer.matched === peer.matchedAtTick) {
      peer.next = Math.min(peer.next, Math.max(peer.matched, state.entries.trimmed))
      peer.underWayFrom = peer.next
    }
    peer.matchedAtTick = peer.matched
    const member = replicaOf(state, id)
    if (member !== undefined) ctx.tellEarly(member.replica, 'decide', decide)
  }
  flushIfDue(state, lead, ctx)
}

/** Prepares those that have not promised, or one that asks for it. */
export function sendPrepares(state: ReplicaState, lead: Leadership, ctx: ReplicaContext, only?: string): void {
  const { members } = state.configuration
  let prepare: PrepareLog | undefined
  for (let index = 0; index < members.length; index++) {
    const { id, replica } = members[index] as LogMember
    const due = only === undefined ? !lead.peers.has(id) && (lead.elected || !lead.promises.has(id)) : id === only
    if (!due || id === state.id) continue
    prepare ??= prepareFor(state, lead)
    ctx.tell(replica, 'prepare', prepare)
  }
}

function prepareFor({ decided, acceptedBallot, entries }: ReplicaState, lead: Leadership): PrepareLog {
  return {
    ballot: lead.ballot,
    decided,
    length: lengthOf(entries),
    ...(acceptedBallot === undefined ? {} : { acceptedBallot }),
    ...(lead.predecessor === undefined ? {} : { released: lead.predecessor }),
  }
}

/** A `flush`, if there is anything that it could let out now. */
function flushIfDue(state: ReplicaState, lead: Leadership, ctx: ReplicaContext): void {
  if (lead.flushing || !lead.elected) return
  const { waiting, reads, successor, peers } = lead
  let isDue = waiting.length > 0 || reads.length > 0 || successor !== undefined
  const length = lengthOf(state.entries)
  if (!isDue) for (const { next } of peers.values()) isDue ||= next < length
  if (isDue) flushLater(lead, ctx)
}

/** One `flush` to itself, behind what the mailbox holds already, so that all of that goes out together. */
export function flushLater(lead: Leadership, ctx: ReplicaContext): void {
  if (lead.flushing) return
  lead.flushing = true
  ctx.tellEarly(ctx.self, 'flush')
}

function append(
  state: ReplicaState,
  lead: Leadership,
  at: number,
  entries: readonly Entry[],
  ctx: ReplicaContext,
): void {
  const { ballot } = lead
  for (const entry of entries) lead.inFlight += weightOf(entry)
  ctx.persist('appended', { ballot, at, entries, decided: state.decided })
  ctx.tell(ctx.self, 'accepted', { ballot, from: state.id, length: lengthOf(state.entries) })
}

/** Takes no more commands until `to` has all of the log, or a while has passed, and has it stand for election then. */
export function handOver(state: ReplicaState, to: string, ctx: ReplicaContext): void {
  const { lead, configuration, id } = state
  if (!lead?.elected || to === id || !isVoter(configuration, to)) return
  lead.successor = to
  lead.successorRounds = successorRoundsMax
  flushLater(lead, ctx)
}

function maybeHandOver(state: ReplicaState, lead: Leadership, to: string, ctx: ReplicaContext): void {
  const member = replicaOf(state, to)
  if (member === undefined || lead.waiting.length > 0) return
  if ((lead.peers.get(to)?.matched ?? 0) < lengthOf(state.entries)) return
  lead.successor = undefined
  ctx.tellEarly(member.replica, 'takeOver', { ballot: lead.ballot, probe: releaseLeases(state, lead) })
}

function leadershipOf(state: ReplicaState, ballot: LogBallot): Leadership | undefined {
  const { lead } = state
  return lead !== undefined && compareLogBallots(lead.ballot, ballot) === 0 ? lead : undefined
}

function isMember(state: ReplicaState, id: string): boolean {
  return id !== state.id && replicaOf(state, id) !== undefined
}

function newLeadership(ballot: LogBallot, predecessor: ReleasedLeases | undefined): Leadership {
  return {
    ballot,
    predecessor,
    elected: false,
    promises: new Map(),
    adopted: undefined,
    adoptedLength: 0,
    ownIndex: 0,
    peers: new Map(),
    synced: 0,
    waiting: [],
    inFlight: 0,
    commandsWaiting: 0,
    clients: new Map(),
    openers: new Map(),
    reconfigurer: undefined,
    joining: undefined,
    stopped: false,
    flushing: false,
    probe: 0,
    probedAt: 0,
    probing: false,
    acks: new Set(),
    probed: [],
    reads: [],
    readsWaiting: 0,
    lenders: new Set(),
    lentMs: 0,
    leaseUntil: 0,
    released: 0,
    leasesFrom: 0,
    successor: undefined,
    successorRounds: 0,
  }
}
