/**
 * A lock that is a lease, asked for with a timeout, and a store that its holders write to. Each lease is a child of the lock,
 * which ends when the lock is given back, or by itself when the lease is over. A holder that is slow does not notice that, and
 * one that gives up waiting for the store has a write under way; either may come after the next holder's: unless the store compares *fencing tokens* and refuses it (Kleppmann, "How to do
 * distributed locking", 2016).
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import type { CheckOptions } from '../check.ts'
import type { StateView } from '../state-view.ts'
import { ids, noSymmetry, program } from './program.ts'

type LockProtocol = { acquire: () => number; release: (token: number) => void; expired: (token: number) => void }
type LeaseProtocol = { expire: () => void }
type StoreProtocol = { write: (token: number) => boolean }
type ClientProtocol = {
  granted: (token: number) => void
  refused: (error: Error) => void
  written: (accepted: boolean) => void
  unknown: (error: Error) => void
}

const Lease = defineActor<LeaseProtocol>()({
  name: 'Lease',
  init: (args: { lock: ActorRef<LockProtocol>; token: number }) => args,
  started: (_state, ctx) => ctx.timers.once({ key: 'expire', delayMs: 1_000 }, 'expire'),
  on: {
    expire(state, _message, ctx) {
      ctx.tell(state.lock, 'expired', state.token)
      ctx.stop()
    },
  },
})

interface LockState {
  /** The token of the present holder, and its lease. */
  holder: { readonly token: number; readonly lease: ActorRef<LeaseProtocol> } | undefined
  tokens: number
  waiting: ReplyToken<number>[]
}

interface Turn {
  readonly self: ActorRef<LockProtocol>
  spawn(definition: typeof Lease, args: { lock: ActorRef<LockProtocol>; token: number }): ActorRef<LeaseProtocol>
  reply(token: ReplyToken<number>, value: number): void
}

function grantNext(state: LockState, ctx: Turn): void {
  const asker = state.waiting.shift()
  state.holder = undefined
  if (asker === undefined) return
  state.tokens++
  state.holder = { token: state.tokens, lease: ctx.spawn(Lease, { lock: ctx.self, token: state.tokens }) }
  // Whoever asked may have given up: then nobody holds the lock until the lease is over.
  ctx.reply(asker, state.tokens)
}

const Lock = defineActor<LockProtocol>()({
  name: 'Lock',
  init: (): LockState => ({ holder: undefined, tokens: 0, waiting: [] }),
  on: {
    acquire(state, _message, ctx) {
      const asker = ctx.deferReply<number>()
      state.waiting.push(asker)
      if (state.holder === undefined) grantNext(state, ctx)
      return asker
    },
    release(state, token, ctx) {
      if (state.holder?.token !== token) return
      ctx.stop(state.holder.lease)
      grantNext(state, ctx)
    },
    expired(state, token, ctx) {
      if (state.holder?.token === token) grantNext(state, ctx)
    },
  },
})

interface StoreState {
  readonly isFenced: boolean
  latest: number
  /** A write was accepted after that of a later holder. */
  isOverwritten: boolean
}

const Store = defineActor<StoreProtocol>()({
  name: 'Store',
  init: ({ isFenced }: { isFenced: boolean }): StoreState => ({ isFenced, latest: 0, isOverwritten: false }),
  on: {
    write(state, token) {
      if (token < state.latest && state.isFenced) return false
      if (token < state.latest) state.isOverwritten = true
      state.latest = token
      return true
    },
  },
})

interface ClientState {
  readonly lock: ActorRef<LockProtocol>
  readonly store: ActorRef<StoreProtocol>
  token: number
  phase: 'asking' | 'writing' | 'written' | 'fenced off' | 'gave up'
}

const Client = defineActor<ClientProtocol>()({
  name: 'Client',
  init: (args: Pick<ClientState, 'lock' | 'store'>): ClientState => ({ ...args, token: 0, phase: 'asking' }),
  started: (state, ctx) => ctx.askThen({ onReply: 'granted', onError: 'refused' }, state.lock, 'acquire'),
  on: {
    granted(state, token, ctx) {
      state.token = token
      state.phase = 'writing'
      ctx.askThen({ onReply: 'written', onError: 'unknown' }, state.store, 'write', token)
    },
    refused(state) {
      state.phase = 'gave up'
    },
    written(state, accepted, ctx) {
      state.phase = accepted ? 'written' : 'fenced off'
      ctx.tell(state.lock, 'release', state.token)
    },
    unknown(state, _error, ctx) {
      state.phase = 'gave up'
      ctx.tell(state.lock, 'release', state.token)
    },
  },
})

const phases = (view: StateView) =>
  view.actors.filter((name) => name.startsWith('client')).map((name) => view.state<ClientState>(name).phase)

/**
 * The check of `clients` that each want the lock once, and again after each of the `crashes`; the store compares tokens where it
 * `isFenced`.
 */
function lockService(clients: number, isFenced: boolean, crashes: number) {
  const names = ids('client', clients)
  return {
    actors: [
      { name: 'lock', definition: Lock },
      { name: 'store', definition: Store, args: { isFenced } },
      ...names.map((name) => ({
        name,
        definition: Client,
        args: (ref: (name: string) => ActorRef<any>) => ({ lock: ref('lock'), store: ref('store') }),
      })),
    ],
    network: 'unordered',
    spawnsMax: clients * (1 + crashes),
    fair: 'weak',
    always: {
      'no write overtakes that of a later holder': (view: StateView) => !view.state<StoreState>('store').isOverwritten,
      'one lease at a time, but for one that is being stopped': (view: StateView) =>
        view.actors.filter((name) => name.startsWith('lock/')).length <=
        1 + view.messages().filter(isEndOfLease).length,
    },
    sometimes: {
      'all write': (view: StateView) => phases(view).every((phase) => phase === 'written'),
      'a lease that nobody knows of': (view: StateView) =>
        phases(view).every((phase) => phase === 'gave up') && view.isAlive('lock/Lease-1'),
    },
    eventually: {
      'every client is done': (view: StateView) =>
        phases(view).every((phase) => phase !== 'asking' && phase !== 'writing'),
      'the lock is free': (view: StateView) =>
        view.state<LockState>('lock').holder === undefined && phases(view).every((phase) => phase !== 'asking'),
    },
  } satisfies CheckOptions<any>
}

function isEndOfLease({ kind, name }: { readonly kind?: string; readonly name: string }): boolean {
  return kind === 'stop' || name === 'expired'
}

export const lockServiceProgram = program({
  name: 'lock-service',
  what: 'a lock with leases, asked for with timeouts, and a store that fences off late holders, or does not',
  parameters: {
    clients: { what: 'clients', default: 2, min: 1, max: 3 },
    fenced: { what: 'whether the store compares tokens: 1 or 0', default: 1, min: 0, max: 1 },
  },
  network: 'unordered',
  options: ({ clients, fenced }, symmetry, crashes = 0) => {
    if (symmetry) throw noSymmetry('lock-service', 'its lock spawns children')
    return lockService(clients, fenced === 1, crashes)
  },
})
