/**
 * Linearizable reads without an entry in the log. A leader that has an entry of its own ballot decided knows all that was
 * decided before; if then nobody of any election quorum has promised a higher ballot since the read came in, no other
 * leader can have decided more meanwhile. So: one probe for all reads that wait, answers from a set of voters that
 * meets every election quorum, then the machine is asked. With a lease nobody needs to be asked.
 */
import { outcomesOf } from './applying.ts'
import { isVoter, memberAt, votersOf } from './configuration.ts'
import { heard } from './following.ts'
import { giveLease, holdsLease, isLeaseHalfOver, takeLease, votersToAsk, wantedLease } from './leases.ts'
import { compareLogBallots } from './log-ballot.ts'
import type { ReadAck, ReadProbe, Reads } from './messages.ts'
import type { Leadership, ReplicaContext, ReplicaState } from './replica-state.ts'
import type { AnyMachine } from './state-machine.ts'

/** Answers the reads that wait, if a lease allows it; else asks the voters, unless it is waiting for an answer already. */
export function probe(state: ReplicaState, machine: AnyMachine, ctx: ReplicaContext): void {
  const { lead } = state
  if (!lead?.elected || state.decided <= lead.ownIndex || lead.reads.length === 0) return
  if (holdsLease(lead, ctx)) {
    answerAll(state, takeReads(lead), machine, ctx)
    if (!lead.probing && isLeaseHalfOver(state, lead, ctx)) startProbe(state, lead, machine, ctx)
  } else if (lead.probed.length === 0) {
    // One under way that no read hangs on was sent before these came in, and says nothing to them.
    lead.probed = takeReads(lead)
    startProbe(state, lead, machine, ctx)
  }
}

/** A probe that was lost goes out again. */
export function readerTick(state: ReplicaState, ctx: ReplicaContext): void {
  const { lead } = state
  if (lead?.probing) sendProbe(state, lead, ctx)
}

export function onReadProbe(state: ReplicaState, message: ReadProbe, ctx: ReplicaContext): void {
  const { ballot, id } = message
  const leader = heard(state, ballot, ctx)
  if (leader === undefined) return
  const leaseMs = giveLease(state, message, ctx)
  // A lease is given once it is stored that any is.
  if (leaseMs > 0) ctx.tell(leader, 'readAck', { ballot, from: state.id, id, leaseMs })
  else ctx.tellEarly(leader, 'readAck', { ballot, from: state.id, id })
}

export function onReadAck(state: ReplicaState, message: ReadAck, machine: AnyMachine, ctx: ReplicaContext): void {
  const { ballot, from, id } = message
  const { lead, configuration } = state
  if (lead === undefined || compareLogBallots(lead.ballot, ballot) !== 0 || id !== lead.probe) return
  if (!isVoter(configuration, from)) return
  lead.acks.add(from)
  takeLease(state, lead, message)
  answerReads(state, lead, machine, ctx)
  probe(state, machine, ctx)
}

function startProbe(state: ReplicaState, lead: Leadership, machine: AnyMachine, ctx: ReplicaContext): void {
  lead.probe++
  lead.probing = true
  lead.acks.clear()
  lead.acks.add(state.id)
  if (state.options.leaseMs > 0) {
    lead.lenders.clear()
    lead.lentMs = state.options.leaseMs
    lead.probedAt = ctx.monotonicNow()
  }
  sendProbe(state, lead, ctx)
  answerReads(state, lead, machine, ctx)
}

function sendProbe(state: ReplicaState, lead: Leadership, ctx: ReplicaContext): void {
  const { ballot, probe: id } = lead
  const leaseMs = wantedLease(state, lead)
  const message = leaseMs === undefined ? { ballot, id } : { ballot, id, leaseMs }
  const voters = votersOf(state.configuration)
  for (let index = 0; index < voters.length; index++) {
    const voter = memberAt(voters, index)
    if (!lead.acks.has(voter.id)) ctx.tellEarly(voter.replica, 'readProbe', message)
  }
}

/** Answers once the voters that said yes meet every election quorum. */
function answerReads(state: ReplicaState, lead: Leadership, machine: AnyMachine, ctx: ReplicaContext): void {
  if (!lead.probing || lead.acks.size < votersToAsk(state)) return
  lead.probing = false
  const { probed } = lead
  lead.probed = []
  answerAll(state, probed, machine, ctx)
}

/** What is decided is durable elsewhere too, whatever of this replica's own is not synced yet: the answers may leave. */
function answerAll(state: ReplicaState, reads: readonly Reads[], machine: AnyMachine, ctx: ReplicaContext): void {
  const query = machine.query ?? noQueries
  for (const { client, first, queries } of reads)
    ctx.tellEarly(client, 'answers', outcomesOf(query, state.machine, first, queries))
}

function takeReads(lead: Leadership): Reads[] {
  const { reads } = lead
  lead.reads = []
  lead.readsWaiting = 0
  return reads
}

function noQueries(): never {
  throw new TypeError('this state machine has no queries')
}
