/**
 * Linearizable reads without an entry in the log. A leader that has an entry of its own ballot decided knows all that was
 * decided before; if then nobody of any election quorum has promised a higher ballot since the read came in, no other
 * leader can have decided more meanwhile. So: one probe for all reads that wait, answers from a set of voters that
 * meets every election quorum, then the machine is asked.
 */
import { outcomeOf } from './applying.ts'
import { isVoter, votersOf } from './configuration.ts'
import { heard } from './following.ts'
import { compareLogBallots } from './log-ballot.ts'
import type { Outcome, ReadAck, ReadProbe } from './messages.ts'
import type { Leadership, PendingRead, ReplicaContext, ReplicaState } from './replica-state.ts'
import type { AnyMachine } from './state-machine.ts'

/** Asks the voters on behalf of the reads that wait, unless it is waiting for an answer already. */
export function probe(state: ReplicaState, machine: AnyMachine, ctx: ReplicaContext): void {
  const { lead } = state
  if (!lead?.elected || state.decided <= lead.ownIndex) return
  if (lead.probed.length === 0 && lead.reads.length > 0) {
    lead.probed = lead.reads
    lead.reads = []
    lead.probe++
    lead.acks.clear()
    lead.acks.add(state.id)
    sendProbe(state, lead, ctx)
    answerReads(state, lead, machine, ctx)
  }
}

/** A probe that was lost goes out again. */
export function readerTick(state: ReplicaState, ctx: ReplicaContext): void {
  const { lead } = state
  if (lead !== undefined && lead.probed.length > 0) sendProbe(state, lead, ctx)
}

export function onReadProbe(state: ReplicaState, { ballot, id }: ReadProbe, ctx: ReplicaContext): void {
  const leader = heard(state, ballot, ctx)
  if (leader !== undefined) ctx.tellEarly(leader, 'readAck', { ballot, from: state.id, id })
}

export function onReadAck(
  state: ReplicaState,
  { ballot, from, id }: ReadAck,
  machine: AnyMachine,
  ctx: ReplicaContext,
): void {
  const { lead, configuration } = state
  if (lead === undefined || compareLogBallots(lead.ballot, ballot) !== 0 || id !== lead.probe) return
  if (!isVoter(configuration, from)) return
  lead.acks.add(from)
  answerReads(state, lead, machine, ctx)
  probe(state, machine, ctx)
}

function sendProbe(state: ReplicaState, lead: Leadership, ctx: ReplicaContext): void {
  for (const { id, replica } of votersOf(state.configuration)) {
    if (!lead.acks.has(id)) ctx.tellEarly(replica, 'readProbe', { ballot: lead.ballot, id: lead.probe })
  }
}

/** Answers once the voters that said yes meet every election quorum. */
function answerReads(state: ReplicaState, lead: Leadership, machine: AnyMachine, ctx: ReplicaContext): void {
  const { configuration } = state
  const needed = votersOf(configuration).length - configuration.quorums.election + 1
  if (lead.probed.length === 0 || lead.acks.size < needed) return
  const answers = new Map<PendingRead['client'], { id: number; outcome: Outcome }[]>()
  for (const { client, id, query } of lead.probed) {
    const outcome = outcomeOf(() => {
      if (machine.query === undefined) throw new TypeError('this state machine has no queries')
      return machine.query(state.machine, query)
    })
    const items = answers.get(client)
    if (items === undefined) answers.set(client, [{ id, outcome }])
    else items.push({ id, outcome })
  }
  lead.probed = []
  for (const [client, items] of answers) ctx.tell(client, 'answers', { items })
}
