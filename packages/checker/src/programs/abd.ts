/**
 * The register of Attiya, Bar-Noy and Dolev ("Sharing Memory Robustly in Message-Passing Systems", 1995) with many
 * writers: who coordinates an operation asks a majority for the latest value, then has a majority record its own. What the
 * coordinator would send itself is done in its turn.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import { noSymmetry, program } from './program.ts'
import {
  majority,
  noValue,
  type RegisterClientProtocol,
  type RegisterProtocol,
  type RegisterServerArgs,
  register,
  registerParameters,
} from './register.ts'

/** A clock, and who drew it: later ones are greater. */
type Stamp = readonly [clock: number, server: number]

interface AbdProtocol extends RegisterProtocol {
  query: (m: { id: number; server: number }) => void
  ackQuery: (m: { id: number; server: number; stamp: Stamp; value: string }) => void
  record: (m: { id: number; server: number; stamp: Stamp; value: string }) => void
  ackRecord: (m: { id: number; server: number }) => void
}

interface Operation {
  id: number
  client: ActorRef<RegisterClientProtocol>
  /** `undefined`: a get. */
  write: string | undefined
  step:
    | { name: 'query'; responses: Map<number, { stamp: Stamp; value: string }> }
    | { name: 'record'; read: string | undefined; acks: Set<number> }
}

interface AbdState extends RegisterServerArgs<AbdProtocol> {
  stamp: Stamp
  value: string
  operation: Operation | undefined
}

const AbdServer = defineActor<AbdProtocol>()({
  name: 'AbdServer',
  init: (args: RegisterServerArgs<AbdProtocol>): AbdState => ({
    ...args,
    stamp: [0, args.id],
    value: noValue,
    operation: undefined,
  }),
  on: {
    put(state, { id, value }, ctx) {
      if (state.operation !== undefined) return
      begin(state, id, ctx.sender as ActorRef<RegisterClientProtocol>, value)
      for (const peer of state.peers) ctx.tell(peer, 'query', { id, server: state.id })
    },
    get(state, { id }, ctx) {
      if (state.operation !== undefined) return
      begin(state, id, ctx.sender as ActorRef<RegisterClientProtocol>, undefined)
      for (const peer of state.peers) ctx.tell(peer, 'query', { id, server: state.id })
    },
    query(state, { id }, ctx) {
      const { stamp, value } = state
      ctx.tell(ctx.sender as ActorRef<AbdProtocol>, 'ackQuery', { id, server: state.id, stamp, value })
    },
    ackQuery(state, { id, server, stamp, value }, ctx) {
      const { operation } = state
      if (operation?.id !== id || operation.step.name !== 'query') return
      const { responses } = operation.step
      responses.set(server, { stamp, value })
      if (responses.size !== majority(state.peers.length + 1)) return
      let [latest] = responses.values() as Iterable<{ stamp: Stamp; value: string }> as [
        { stamp: Stamp; value: string },
      ]
      for (const response of responses.values()) if (isLater(response.stamp, latest.stamp)) latest = response
      if (operation.write !== undefined) latest = { stamp: [latest.stamp[0] + 1, state.id], value: operation.write }
      if (isLater(latest.stamp, state.stamp)) Object.assign(state, latest)
      const read = operation.write === undefined ? latest.value : undefined
      operation.write = undefined
      operation.step = { name: 'record', read, acks: new Set([state.id]) }
      for (const peer of state.peers) ctx.tell(peer, 'record', { id, server: state.id, ...latest })
    },
    record(state, { id, stamp, value }, ctx) {
      ctx.tell(ctx.sender as ActorRef<AbdProtocol>, 'ackRecord', { id, server: state.id })
      if (isLater(stamp, state.stamp)) Object.assign(state, { stamp, value })
    },
    ackRecord(state, { id, server }, ctx) {
      const { operation } = state
      if (operation?.id !== id || operation.step.name !== 'record') return
      const { acks, read } = operation.step
      if (acks.has(server)) return
      acks.add(server)
      if (acks.size !== majority(state.peers.length + 1)) return
      if (read === undefined) ctx.tell(operation.client, 'putOk', { id })
      else ctx.tell(operation.client, 'getOk', { id, value: read })
      state.operation = undefined
    },
  },
})

function begin(state: AbdState, id: number, client: ActorRef<RegisterClientProtocol>, write: string | undefined): void {
  const responses = new Map([[state.id, { stamp: state.stamp, value: state.value }]])
  state.operation = { id, client, write, step: { name: 'query', responses } }
}

function isLater([clock, server]: Stamp, [otherClock, other]: Stamp): boolean {
  return clock > otherClock || (clock === otherClock && server > other)
}

export const abdProgram = program({
  name: 'abd',
  what: 'the register of Attiya, Bar-Noy and Dolev',
  parameters: { ...registerParameters, servers: { ...registerParameters.servers, default: 2 } },
  network: 'unordered',
  options(size, symmetry) {
    if (symmetry) throw noSymmetry('abd', 'servers are ordered, and clients choose them, by number')
    return register(AbdServer, size)
  },
})
