/**
 * Mistakes planted into the replicated log, each a small change of the shipped parts: what the simulator must find. Each
 * runs under the fault plan and the knobs of its clean twin, which finds nothing.
 */
import { type KeyValueCommand, keyValueMachine, type ReplicaDefinition, type ReplicaProtocol } from '@troupe/consensus'
import {
  type AcceptEntries,
  type PromisedLog,
  type ReplicaContext,
  type ReplicaParts,
  type ReplicaState,
  replicaParts,
} from '@troupe/consensus/parts'
import { defineActor } from '@troupe/core'
import { forgetfulContext } from './forgetful-context.ts'
import { tellingContext } from './telling-context.ts'

/** A replica of the key-value store of campaigns, shipped or with a mistake. */
export type CampaignReplica = ReplicaDefinition<KeyValueCommand, unknown, { readonly key: string }, unknown>

/** Journal records after which a replica's state is stored: often, so that runs of seconds recover from snapshots. */
export const snapshotEvery = 25

const parts = replicaParts(keyValueMachine)
const { on, events } = parts

function variant(
  name: string,
  { on: handlers = {}, ...change }: Partial<Omit<ReplicaParts, 'on'>> & { readonly on?: Partial<ReplicaParts['on']> },
): CampaignReplica {
  const spec = { ...parts, ...change, on: { ...on, ...handlers }, name, module: import.meta.url, snapshotEvery }
  return defineActor<ReplicaProtocol>()(spec)
}

/** A replica whose promises to others stay in memory: after a crash it takes part in ballots that it had left. */
export const LogForgetsPromise = variant('LogForgetsPromise', {
  on: { prepare: (state, message, ctx) => on.prepare(state, message, withoutPromises(state, ctx)) },
})

/** A replica whose votes leave before they are synced, and never are: after a crash they were never cast. */
export const LogForgetsVote = variant('LogForgetsVote', {
  on: {
    acceptSync: (state, message, ctx) => on.acceptSync(state, message, withoutVotes(state, ctx)),
    acceptBatch: (state, message, ctx) => on.acceptBatch(state, message, withoutVotes(state, ctx)),
  },
})

function withoutPromises(state: ReplicaState, ctx: ReplicaContext): ReplicaContext {
  return forgetfulContext(ctx, 'promised', (ballot) => events.promised(state, ballot))
}

function withoutVotes(state: ReplicaState, ctx: ReplicaContext): ReplicaContext {
  return forgetfulContext(ctx, 'appended', (append) => events.appended(state, append))
}

/** A leader that counts itself before its own entries are synced. */
export const CountsItselfEarly = variant('CountsItselfEarly', {
  on: {
    promise: (state, message, ctx) => on.promise(state, message, countingEarly(ctx)),
    flush: (state, message, ctx) => on.flush(state, message, countingEarly(ctx)),
  },
})

function countingEarly(ctx: ReplicaContext): ReplicaContext {
  return tellingContext(ctx, ({ message, payload, early }) => ({ payload, early: early || message === 'accepted' }))
}

/** A replica that goes on to vote in the ballot of its log, whatever it has promised since. */
export const LogAcceptsBelowPromise = variant('LogAcceptsBelowPromise', {
  on: {
    acceptBatch(state, message, ctx) {
      const { promised, acceptedBallot } = state
      if (promised === undefined || !isSameBallot(message, acceptedBallot)) return on.acceptBatch(state, message, ctx)
      state.promised = message.ballot
      on.acceptBatch(state, message, ctx)
      state.promised = promised
    },
  },
})

function isSameBallot({ ballot }: Pick<AcceptEntries, 'ballot'>, other: ReplicaState['acceptedBallot']): boolean {
  return other !== undefined && ballot.config === other.config && ballot.n === other.n && ballot.node === other.node
}

/** A leader that begins with its own log, whatever the promises tell of. */
export const IgnoresHighestLog = variant('IgnoresHighestLog', {
  on: {
    promise(state, { acceptedBallot: _ballot, suffix: _suffix, ...message }, ctx) {
      on.promise(state, { ...message, length: 0 }, ctx)
    },
  },
})

/** Half of the voters pass for a quorum: two quorums need not meet. */
export const LogHalfQuorum = variant('LogHalfQuorum', {
  on: {
    tick: (state, message, ctx) => withHalf(state, () => on.tick(state, message, ctx)),
    promise: (state, message, ctx) => withHalf(state, () => on.promise(state, message, ctx)),
    accepted: (state, message, ctx) => withHalf(state, () => on.accepted(state, message, ctx)),
  },
})

function withHalf(state: ReplicaState, handle: () => void): void {
  const { configuration } = state
  const half = Math.max(1, Math.floor(configuration.members.filter(({ learner }) => !learner).length / 2))
  const lowered = { ...configuration, quorums: { election: half, acceptance: half } }
  state.configuration = lowered
  handle()
  // The handler may have brought the next one.
  if (state.configuration === lowered) state.configuration = configuration
}

/**
 * A leader that counts what its followers hold in an older ballot as voted for in its own (figure 8 of Ongaro and
 * Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014).
 */
export const CountsOldBallot = variant('CountsOldBallot', {
  on: {
    promise(state, message, ctx) {
      on.promise(state, message, ctx)
      const { lead } = state
      if (!lead?.elected) return
      for (const { from, acceptedBallot, length } of lead.promises.values()) {
        const peer = lead.peers.get(from)
        if (peer === undefined || lead.adopted === undefined || acceptedBallot === undefined) continue
        if (isSameBallot({ ballot: lead.adopted }, acceptedBallot))
          peer.matched = Math.max(peer.matched, Math.min(length, lead.adoptedLength))
      }
    },
  },
})

/** A configuration that begins where its entry is stored, and not where it is decided. */
export const BeginsConfigurationEarly = variant('BeginsConfigurationEarly', {
  on: {
    acceptSync(state, message, ctx) {
      on.acceptSync(state, message, ctx)
      if (endsConfiguration(state)) on.decide(state, { ballot: message.ballot, length: lengthOf(state) }, ctx)
    },
    acceptBatch(state, message, ctx) {
      on.acceptBatch(state, message, ctx)
      if (endsConfiguration(state)) on.decide(state, { ballot: message.ballot, length: lengthOf(state) }, ctx)
    },
    accepted(state, message, ctx) {
      on.accepted(state, message, ctx)
      const { lead } = state
      if (message.from !== state.id || lead === undefined || !endsConfiguration(state)) return
      for (const from of lead.peers.keys()) on.accepted(state, { ...message, from }, ctx)
    },
  },
})

function endsConfiguration({ entries: { entries }, configuration }: ReplicaState): boolean {
  const last = entries[entries.length - 1]
  return last?.kind === 'configuration' && last.configuration.number > configuration.number
}

function lengthOf({ entries: { trimmed, entries } }: ReplicaState): number {
  return trimmed + entries.length
}

/** A leader that answers reads without asking whether it still leads. */
export const ReadsWithoutProbe = variant('ReadsWithoutProbe', {
  on: {
    flush(state, message, ctx) {
      on.flush(state, message, ctx)
      const { lead, configuration } = state
      if (lead === undefined || lead.probed.length === 0) return
      for (const { id: from } of configuration.members)
        on.readAck(state, { ballot: lead.ballot, from, id: lead.probe }, ctx)
    },
  },
})

/** A leader that answers reads before an entry of its own ballot is decided. */
export const ReadsEarly = variant('ReadsEarly', {
  on: {
    promise(state, message, ctx) {
      on.promise(state, message, ctx)
      if (state.lead?.elected) state.lead.ownIndex = -1
    },
  },
})

/** A leader that counts replies: the second copy of a voter's promise or vote stands for another voter's. */
export const LogCountsReplies = variant('LogCountsReplies', {
  on: {
    promise(state, message, ctx) {
      const { lead } = state
      const isCounted = lead !== undefined && !lead.elected && lead.promises.has(message.from)
      on.promise(state, isCounted ? { ...message, from: another(state, lead.promises) } : message, ctx)
    },
    accepted(state, message, ctx) {
      const peers = state.lead?.peers
      on.accepted(state, message, ctx)
      if (peers === undefined || state.lead?.peers !== peers || message.from === state.id) return
      const known = counted.get(peers) ?? new Set<string>()
      counted.set(peers, known)
      const key = `${message.from} ${message.length}`
      if (known.has(key)) {
        const behind = [...peers].find(([, { matched }]) => matched < message.length)
        if (behind !== undefined) on.accepted(state, { ...message, from: behind[0] }, ctx)
      }
      known.add(key)
    },
  },
})

/** The votes that each leader has had, to tell second copies. */
const counted = new WeakMap<object, Set<string>>()

function another(state: ReplicaState, promises: ReadonlyMap<string, PromisedLog>): string {
  const other = state.configuration.members.find(({ id, learner }) => !learner && id !== state.id && !promises.has(id))
  return other?.id ?? ''
}

/** A leader that cuts the first message of its ballot into batches: a vote in it covers part of the adopted log. */
export const SyncsInBatches = variant('SyncsInBatches', {
  on: {
    promise(state, message, ctx) {
      const inBatches = tellingContext(ctx, ({ message: name, payload, early }) => {
        if (name !== 'acceptSync') return { payload, early }
        return { payload: { ...payload, entries: payload.entries.slice(0, state.options.batchMax) }, early }
      })
      on.promise(state, message, inBatches)
    },
  },
})

/** A replica whose log ends with the batch that came last, also when that is an old one that comes late. */
export const StaleBatchTruncates = variant('StaleBatchTruncates', {
  on: {
    acceptBatch(state, message, ctx) {
      const { ballot, at, entries } = message
      const start = Math.max(at, state.decided)
      const stale = isSameBallot(message, state.acceptedBallot) && start < at + entries.length
      if (stale && start < lengthOf(state) && isSameBallot(message, state.promised))
        ctx.persist('appended', { ballot, at: start, entries: entries.slice(start - at), decided: state.decided })
      on.acceptBatch(state, message, ctx)
    },
  },
})

/** Snapshots leave out what the clients' commands came to: one that comes again after it is applied again. */
export const SnapshotsLoseResults = variant('SnapshotsLoseResults', {
  snapshot: (state) => ({ ...parts.snapshot(state), sessions: withoutResults(state.sessions) }),
  events: {
    ...events,
    installed(state, bytes) {
      events.installed(state, bytes)
      for (const { results } of state.sessions.values()) results.length = 0
    },
  },
})

function withoutResults(sessions: ReplicaState['sessions']): ReplicaState['sessions'] {
  return new Map([...sessions].map(([number, { ackedUpTo }]) => [number, { ackedUpTo, results: [] }]))
}

/** A leader that goes on behind the entry that ends its configuration. */
export const AppendsAfterEnd = variant('AppendsAfterEnd', {
  on: {
    flush(state, message, ctx) {
      if (state.lead !== undefined) state.lead.stopped = false
      on.flush(state, message, ctx)
    },
  },
})

/** A replica whose own ballots stay in memory: after a crash it draws the same ones again. */
export const LogReusesBallots = variant('LogReusesBallots', {
  on: {
    tick: (state, message, ctx) => on.tick(state, message, withoutPromises(state, ctx)),
    takeOver: (state, message, ctx) => on.takeOver(state, message, withoutPromises(state, ctx)),
  },
})

/** The mistakes by name: what is wrong, and the replica that has it. */
export const logBugs: ReadonlyMap<string, { readonly what: string; readonly replica: CampaignReplica }> = new Map([
  [
    'log-forgotten-promise',
    { what: 'a replica forgets its promise when its node crashes', replica: LogForgetsPromise },
  ],
  ['log-forgotten-vote', { what: 'a replica forgets its votes when its node crashes', replica: LogForgetsVote }],
  ['early-own-vote', { what: 'a leader counts itself before its own sync', replica: CountsItselfEarly }],
  [
    'log-accept-below-promise',
    { what: 'a replica votes in a ballot below its promise', replica: LogAcceptsBelowPromise },
  ],
  ['ignored-log', { what: 'a new leader ignores the highest log that promises tell of', replica: IgnoresHighestLog }],
  ['log-half-quorum', { what: 'half of the voters pass for a quorum', replica: LogHalfQuorum }],
  ['old-ballot-counted', { what: 'an entry is committed by counting those who hold it', replica: CountsOldBallot }],
  ['early-configuration', { what: 'a configuration begins before it is decided', replica: BeginsConfigurationEarly }],
  ['read-without-probe', { what: 'a leader does not ask whether it leads', replica: ReadsWithoutProbe }],
  ['early-read', { what: "reads are answered before the ballot's first entry is decided", replica: ReadsEarly }],
  ['log-counted-replies', { what: 'a leader counts replies and not their senders', replica: LogCountsReplies }],
  ['partial-vote', { what: "a ballot's first vote covers part of the adopted log", replica: SyncsInBatches }],
  ['stale-batch', { what: 'a batch that comes late cuts off what came after it', replica: StaleBatchTruncates }],
  ['lost-results', { what: 'snapshots leave out what commands came to', replica: SnapshotsLoseResults }],
  ['entry-after-end', { what: 'a leader goes on behind the end of a configuration', replica: AppendsAfterEnd }],
  ['log-reused-ballot', { what: 'a replica draws the same ballots again after a crash', replica: LogReusesBallots }],
])
