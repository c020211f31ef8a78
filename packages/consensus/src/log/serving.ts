/** The side of a replica that clients see: commands, reads and requests to change the configuration. */
import type { ActorRef } from '@troupe/core'
import { logConfiguration } from './configuration.ts'
import { flushLater, redirection } from './leading.ts'
import type { Commands, LogClientProtocol, Outcome, Reads, Reconfigure } from './messages.ts'
import type { Applied, Leadership, ReplicaContext, ReplicaState } from './replica-state.ts'
import { earlierOutcome } from './sessions.ts'

type Client = ActorRef<LogClientProtocol>

/** Commands of a client: what was applied before is answered at once, the rest waits to be appended. */
export function onCommands(state: ReplicaState, message: Commands, ctx: ReplicaContext): void {
  const { client, session, open, ackedUpTo, items } = message
  const lead = leadFor(state, client, ctx)
  if (lead === undefined) return
  if (open !== undefined && !lead.openers.has(open)) {
    lead.openers.set(open, client)
    lead.waiting.push({ kind: 'open', nonce: open })
  }
  if (session !== undefined) {
    if (lead.clients.size > 2 * state.options.sessionsMax) forgetClosed(state, lead)
    lead.clients.set(session, client)
    const known: { seq: number; outcome: Outcome }[] = []
    for (const { seq, operation } of items) {
      // That there is no such session is not said here: this replica may not have applied all yet.
      const outcome = earlierOutcome(state.sessions, session, seq)
      if (outcome !== undefined && outcome !== 'expired') known.push({ seq, outcome })
      else lead.waiting.push({ kind: 'command', session, seq, ackedUpTo, operation })
    }
    if (known.length > 0) ctx.tell(client, 'results', { session, items: known })
  }
  flushLater(lead, ctx)
}

export function onReads(state: ReplicaState, { client, items }: Reads, ctx: ReplicaContext): void {
  const lead = leadFor(state, client, ctx)
  if (lead === undefined) return
  for (const { id, query } of items) lead.reads.push({ client, id, query })
  flushLater(lead, ctx)
}

export function onReconfigure(state: ReplicaState, message: Reconfigure, ctx: ReplicaContext): void {
  const { client, config, members, quorums } = message
  const { number, members: current } = state.configuration
  if (config < number) {
    ctx.tell(client, 'reconfigured', { config: number, members: current })
    return
  }
  const lead = leadFor(state, client, ctx)
  if (lead === undefined || config !== number) return
  lead.reconfigurer = client
  if (lead.stopped || lead.waiting.some(({ kind }) => kind === 'configuration')) return
  try {
    const configuration = logConfiguration(state.log, number + 1, members, quorums)
    lead.waiting.push({ kind: 'configuration', configuration })
    flushLater(lead, ctx)
  } catch (error) {
    // A client refuses it too, and tells who asked.
    ctx.log.warn('a configuration that could not work was asked for', { problem: (error as Error).message })
  }
}

/** Tells the clients of this leader what their commands came to. */
export function announce(lead: Leadership, applied: readonly Applied[], ctx: ReplicaContext): void {
  const results = new Map<number, { seq: number; outcome: Outcome }[]>()
  for (const { index, entry, outcome } of applied) {
    if (entry.kind === 'open') {
      const opener = lead.openers.get(entry.nonce)
      lead.openers.delete(entry.nonce)
      if (opener !== undefined) ctx.tell(opener, 'opened', { nonce: entry.nonce, session: index })
    }
    if (entry.kind !== 'command' || outcome === undefined) continue
    const { session, seq } = entry
    if (outcome === 'expired') {
      const client = lead.clients.get(session)
      lead.clients.delete(session)
      if (client !== undefined) ctx.tell(client, 'expired', { session })
    } else {
      const items = results.get(session)
      if (items === undefined) results.set(session, [{ seq, outcome }])
      else items.push({ seq, outcome })
    }
  }
  for (const [session, items] of results) {
    const client = lead.clients.get(session)
    if (client !== undefined) ctx.tell(client, 'results', { session, items })
  }
}

/** Clients whose sessions were closed while they were silent. */
function forgetClosed({ sessions }: ReplicaState, { clients }: Leadership): void {
  for (const session of clients.keys()) if (!sessions.has(session)) clients.delete(session)
}

/** The leadership, if this replica leads and has room; else the client is told where to turn. */
function leadFor(state: ReplicaState, client: Client, ctx: ReplicaContext): Leadership | undefined {
  const { lead, options } = state
  if (lead === undefined) {
    ctx.tell(client, 'redirect', redirection(state))
    return undefined
  }
  const full = lead.waiting.length >= options.waitingMax || lead.reads.length >= options.waitingMax
  if (!full && lead.successor === undefined) return lead
  ctx.tell(client, 'redirect', { ...redirection(state), overloaded: true })
  return undefined
}
