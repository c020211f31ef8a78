/**
 * Registers and their clients, as Stateright's examples have them. Actors are numbered: servers from 0, then clients. A
 * client puts a value of its own at one server and, once that is acknowledged, gets the value from the next.
 */
import { type ActorDefinition, type ActorRef, defineActor } from '@troupe/core'
import type { CheckOptions } from '../check.ts'
import type { StateView } from '../state-view.ts'
import { isLinearizable, registerHistory } from './register-history.ts'

/** What every register takes. */
export interface RegisterProtocol {
  put: (request: { id: number; value: string }) => void
  get: (request: { id: number }) => void
}

export interface RegisterClientProtocol {
  putOk: (reply: { id: number }) => void
  getOk: (reply: { id: number; value: string }) => void
}

/** What a register holds before the first put. */
export const noValue = ''

/** What a server of a register is started with. */
export interface RegisterServerArgs<Protocol = RegisterProtocol> {
  readonly id: number
  /** The other servers. */
  readonly peers: readonly ActorRef<Protocol>[]
}

const RegisterClient = defineActor<RegisterClientProtocol>()({
  name: 'RegisterClient',
  init: (args: { id: number; servers: readonly ActorRef<RegisterProtocol>[] }) => ({
    ...args,
    awaiting: undefined as number | undefined,
    operations: 0,
  }),
  started(state, ctx) {
    const { id, servers } = state
    state.awaiting = id
    state.operations = 1
    const value = String.fromCharCode('A'.charCodeAt(0) + id - servers.length)
    ctx.tell(servers[id % servers.length] as ActorRef<RegisterProtocol>, 'put', { id, value })
  },
  on: {
    putOk(state, reply, ctx) {
      if (reply.id !== state.awaiting) return
      const { id, servers, operations } = state
      const request = (operations + 1) * id
      ctx.tell(servers[(id + operations) % servers.length] as ActorRef<RegisterProtocol>, 'get', { id: request })
      state.awaiting = request
      state.operations++
    },
    getOk(state, reply) {
      if (reply.id !== state.awaiting) return
      state.awaiting = undefined
      state.operations++
    },
  },
})

/** How many servers and clients. */
export interface RegisterSize {
  readonly servers: number
  readonly clients: number
}

export const registerParameters = {
  /** One would wait for a majority of which nobody else is there to tell it. */
  servers: { what: 'servers', default: 3, min: 2, max: 9 },
  clients: { what: 'clients', default: 2, min: 1, max: 9 },
} as const

/** The check of a register of which every server is a `definition`. */
export function register<Protocol extends RegisterProtocol>(
  definition: ActorDefinition<Protocol, RegisterServerArgs<Protocol>>,
  { servers, clients }: RegisterSize,
) {
  const serverNames = Array.from({ length: servers }, (_, id) => `server${id}`)
  return {
    actors: [
      ...serverNames.map((name, id) => ({
        name,
        definition,
        args: (ref: (name: string) => ActorRef<any>) => ({
          id,
          peers: serverNames.filter((other) => other !== name).map(ref),
        }),
      })),
      ...Array.from({ length: clients }, (_, index) => ({
        name: `client${index}`,
        definition: RegisterClient,
        args: (ref: (name: string) => ActorRef<any>) => ({ id: servers + index, servers: serverNames.map(ref) }),
      })),
    ] as any,
    network: 'unordered',
    history: registerHistory,
    always: { linearizable: (view: StateView) => isLinearizable(view.history(), noValue) },
    sometimes: {
      'value chosen': (view: StateView) =>
        view
          .messages()
          .some(({ name, payload }) => name === 'getOk' && (payload as { value: string }).value !== noValue),
    },
  } satisfies CheckOptions<any>
}

/** How many of `count` servers are a majority. */
export function majority(count: number): number {
  return Math.floor(count / 2) + 1
}
