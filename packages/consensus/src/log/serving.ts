/** The side of a replica that clients see: commands, reads and requests to change the configuration. */
import type { ActorRef } from '@troupe/core'
import { type CommandsEntry, type Entry, weightOf } from './entry.ts'
import { beginChange } from './joining.ts'
import { flushLater, redirection } from './leading.ts'
import type { Commands, LogClientProtocol, OpenSession, Outcomes, Reads, Reconfigure, Results } from './messages.ts'
import type { Applied, Leadership, ReplicaContext, ReplicaState } from './replica-state.ts'
import { earlierOutcomes, firstFresh } from './sessions.ts'

type Client = ActorRef<LogClientProtocol>

/** False, and the client is told, when it takes this replica for one of another definition, whose commands mean nothing here. */
export function isOwnClient(
  { client, definition }: Pick<OpenSession, 'client' | 'definition'>,
  name: string | undefined,
  ctx: ReplicaContext,
): boolean {
  if (definition === undefined || name === undefined || definition === name) return true
  ctx.tell(client, 'foreign', { definition: name })
  return false
}

/** A session for a client: an entry opens it. */
export function onOpen(state: ReplicaState, { client, nonce }: OpenSession, ctx: ReplicaContext): void {
  const lead = leadFor(state, client, ctx)
  if (lead === undefined || lead.openers.has(nonce)) return
  lead.openers.set(nonce, client)
  wait(lead, { kind: 'open', nonce }, ctx)
}

/** Commands of a client: when all were applied before they are answered at once, else they wait to be appended. */
export function onCommands(state: ReplicaState, message: Commands, ctx: ReplicaContext): void {
  const { client, session, ackedUpTo, first, operations, weight } = message
  const lead = leadFor(state, client, ctx)
  if (lead === undefined) return
  if (lead.clients.size > 2 * state.options.sessionsMax) forgetClosed(state, lead)
  lead.clients.set(session, client)
  // That there is no such session is not said here: this replica may not have applied all yet.
  const known = state.sessions.get(session)
  const end = first + operations.length
  if (known === undefined || firstFresh(known, first, end) < end) {
    const entry: CommandsEntry = { kind: 'commands', session, first, ackedUpTo, operations }
    wait(lead, weight === undefined ? entry : { ...entry, weight }, ctx)
  } else ctx.tellEarly(client, 'results', resultsOf(session, earlierOutcomes(known, first, end)))
}

export function onReads(state: ReplicaState, message: Reads, ctx: ReplicaContext): void {
  const lead = leadFor(state, message.client, ctx)
  if (lead === undefined) return
  lead.reads.push(message)
  lead.readsWaiting += message.queries.length
  flushLater(lead, ctx)
}

export function onReconfigure(state: ReplicaState, message: Reconfigure, ctx: ReplicaContext): void {
  const { client, config } = message
  const { number, members: current } = state.configuration
  if (config < number) {
    ctx.tell(client, 'reconfigured', { config: number, members: current })
    return
  }
  const lead = leadFor(state, client, ctx)
  if (lead === undefined || config !== number) return
  lead.reconfigurer = client
  try {
    proposeChange(state, beginChange(state, lead, message, ctx), ctx)
  } catch (error) {
    // A client refuses it too, and tells who asked.
    ctx.log.warn('a configuration that could not work was asked for', { problem: (error as Error).message })
  }
}

/**
 * Tells the clients of this leader what their commands came to. What is decided is durable elsewhere too, so that it may
 * leave before this replica's own entries behind it are synced.
 */
export function announce(
  state: ReplicaState,
  lead: Leadership,
  applied: readonly Applied[],
  ctx: ReplicaContext,
): void {
  const { sessionsMax } = state.options
  for (const { index, entry, outcomes } of applied) {
    if (entry.kind === 'open') {
      const opener = lead.openers.get(entry.nonce)
      lead.openers.delete(entry.nonce)
      if (opener !== undefined) ctx.tellEarly(opener, 'opened', { nonce: entry.nonce, session: index })
    }
    if (entry.kind !== 'commands' || outcomes === undefined) continue
    const { session } = entry
    const client = lead.clients.get(session)
    if (outcomes !== 'expired' && outcomes.failures !== undefined) logMistakes(outcomes.failures, ctx)
    if (outcomes === 'expired') lead.clients.delete(session)
    if (client === undefined) continue
    if (outcomes === 'expired') ctx.tellEarly(client, 'expired', { session, sessionsMax })
    else ctx.tellEarly(client, 'results', resultsOf(session, outcomes))
  }
}

function resultsOf(session: number, { first, values, failures }: Outcomes): Results {
  return failures === undefined ? { session, first, values } : { session, first, values, failures }
}

/** The kinds of what a machine throws by mistake, more often than to refuse. */
const mistakes: readonly string[] = ['TypeError', 'ReferenceError', 'NotSendableError']

/** Who sent the command may take its failure for one of the network's. */
function logMistakes(failures: NonNullable<Outcomes['failures']>, ctx: ReplicaContext): void {
  const failure = failures.find(({ name }) => mistakes.includes(name))
  if (failure === undefined) return
  const { name: kind, message: problem } = failure
  ctx.log.warn('apply threw what looks like a mistake of the machine', { kind, problem })
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
  const full = lead.commandsWaiting >= options.waitingMax || lead.readsWaiting >= options.waitingMax
  if (!full && lead.successor === undefined) return lead
  ctx.tell(client, 'redirect', { ...redirection(state), overloaded: true })
  return undefined
}

/** Appends the entry that ends the configuration, once its voters-to-be have answered. */
export function proposeChange(state: ReplicaState, entry: Entry | undefined, ctx: ReplicaContext): void {
  if (state.lead !== undefined && entry !== undefined) wait(state.lead, entry, ctx)
}

/** To be appended with the next flush. */
function wait(lead: Leadership, entry: Entry, ctx: ReplicaContext): void {
  lead.waiting.push(entry)
  lead.commandsWaiting += weightOf(entry)
  flushLater(lead, ctx)
}
