/**
 * The receptionist: the actor by which actors find each other. Each node has one, started by its first message. An actor
 * registers at that of its own node, which watches it and tells the others.
 *
 * ```text
 *   register -> own registrations -> flush -> changes(base, version) -> the other receptionists -> have(version)
 *                                                  lost, or out of order -> everything(version)
 * ```
 *
 * A receptionist is the only source of its node's registrations, in versions. Another applies `changes` that follow on
 * what it has, and asks for everything when they do not; what was not acknowledged in time is sent again. So all agree
 * once messages pass, whatever was lost, doubled or reordered before. A node that dies takes its registrations with it.
 */
import { defineActor } from './actor-definition.ts'
import { type ActorRef, Ref, refKey } from './actor-ref.ts'
import type { ActorContext } from './context.ts'
import { ConfigurationError, OverloadError } from './errors.ts'
import type { Member } from './membership.ts'
import { type RegistrationChange, Registrations } from './registrations.ts'

/** The receptionist's name: a named reference with it means that of the node. */
export const receptionistName = '@receptionist'
/** Registrations at one receptionist. */
const registrationsMax = 100_000
/** What another node has not acknowledged is sent again after this long. */
const resendMs = 500

/** What the receptionist's own node gives it; never sent anywhere. */
export interface ReceptionistPort {
  readonly self: Member
  members(): readonly Member[]
  /** Sends a message in the name of another actor. */
  send(to: ActorRef<any>, name: string, payload: unknown, sender: ActorRef<any> | undefined): void
}

/** Changes of one node's registrations, from version `base` to `version`. */
interface Changes {
  readonly from: Member
  readonly base: number
  readonly version: number
  readonly changes: readonly RegistrationChange[]
}

/** Which version of `of`'s registrations `from` has. `gap`: it missed some. */
interface Have {
  readonly from: Member
  readonly of: Member
  readonly version: number
  readonly gap: boolean
}

export type ReceptionistProtocol = {
  register: (message: { key: string; ref: ActorRef<any> }) => void
  unregister: (message: { key: string; ref: ActorRef<any> }) => void
  find: (key: string) => readonly ActorRef<any>[]
  subscribe: (message: { key: string; subscriber: ActorRef<any>; message: string }) => void
  unsubscribe: (message: { key: string; subscriber: ActorRef<any> }) => void
  broadcast: (message: { key: string; name: string; payload: unknown }) => void
  memberUp: (member: Member) => void
  memberDown: (member: Member) => void
  changes: (changes: Changes) => void
  /** The whole of a node's registrations: what they are whatever was known before. */
  everything: (changes: Changes) => void
  have: (have: Have) => void
  flush: () => void
  resend: () => void
}

/** Another node. */
interface Peer {
  readonly epoch: number
  /** The version of our registrations that it has, as far as we know. */
  acked: number
  /** The version of its registrations that we have. */
  known: number
  registrations: Registrations
}

interface Subscriber {
  readonly ref: ActorRef<any>
  readonly message: string
}

interface State {
  readonly port: ReceptionistPort
  readonly own: Registrations
  version: number
  /** Changes since `version`, not told to the others yet. */
  pending: RegistrationChange[]
  readonly peers: Map<string, Peer>
  /** By key, then by reference. */
  readonly subscribers: Map<string, Map<string, Subscriber>>
  /** Keys whose subscribers are to be told. */
  readonly changed: Set<string>
  flushing: boolean
}

type Context = ActorContext<ReceptionistProtocol>

/** The receptionist of a node. */
export function receptionistOf(node: string): ActorRef<ReceptionistProtocol> {
  return new Ref(node, -1, -1, -1, receptionistName)
}

export const Receptionist = defineActor<ReceptionistProtocol>()({
  name: 'Receptionist',
  init: (args: object): State => {
    const port = args as ReceptionistPort
    const others = port.members().filter(({ node }) => node !== port.self.node)
    return {
      port,
      own: new Registrations(),
      version: 0,
      pending: [],
      peers: new Map(others.map(({ node, epoch }) => [node, newPeer(epoch)])),
      subscribers: new Map(),
      changed: new Set(),
      flushing: false,
    }
  },
  terminated(state, ref, _reason, ctx) {
    for (const key of state.own.keysOf(ref)) change(state, { key, ref, added: false }, ctx)
    for (const [key, subscribers] of state.subscribers) {
      if (subscribers.delete(refKey(ref)) && subscribers.size === 0) state.subscribers.delete(key)
    }
  },
  on: {
    register(state, { key, ref }, ctx) {
      if (ref.node !== ctx.node) {
        throw new ConfigurationError(
          `${refKey(ref)} is not of ${ctx.node}: register it at the receptionist of its node`,
        )
      }
      if (state.own.size >= registrationsMax) {
        throw new OverloadError(`the receptionist of ${ctx.node} holds ${registrationsMax} registrations, no more`, {
          key,
          registrationsMax,
        })
      }
      ctx.watch(ref)
      change(state, { key, ref, added: true }, ctx)
    },
    unregister(state, { key, ref }, ctx) {
      change(state, { key, ref, added: false }, ctx)
      forgetUnused(state, ref, ctx)
    },
    find: (state, key) => listOf(state, key),
    subscribe(state, { key, subscriber, message }, ctx) {
      // The others first, so that the newcomer does not hear the same list twice.
      if (state.changed.delete(key)) notify(state, key, ctx)
      let subscribers = state.subscribers.get(key)
      if (subscribers === undefined) {
        subscribers = new Map()
        state.subscribers.set(key, subscribers)
      }
      subscribers.set(refKey(subscriber), { ref: subscriber, message })
      ctx.watch(subscriber)
      ctx.tell(subscriber, message, listOf(state, key))
    },
    unsubscribe(state, { key, subscriber }, ctx) {
      const subscribers = state.subscribers.get(key)
      if (subscribers?.delete(refKey(subscriber)) && subscribers.size === 0) state.subscribers.delete(key)
      forgetUnused(state, subscriber, ctx)
    },
    broadcast(state, { key, name, payload }, ctx) {
      for (const ref of listOf(state, key)) state.port.send(ref, name, payload, ctx.sender)
    },

    // What the kernel says.

    memberUp(state, { node, epoch }, ctx) {
      const known = state.peers.get(node)
      if (known !== undefined && known.epoch >= epoch) return
      dropPeer(state, node, ctx)
      const peer = newPeer(epoch)
      state.peers.set(node, peer)
      if (state.version > 0) sendEverything(state, node, ctx)
      awaitAcks(state, ctx)
    },
    memberDown(state, { node, epoch }, ctx) {
      const known = state.peers.get(node)
      if (known !== undefined && known.epoch <= epoch) dropPeer(state, node, ctx)
    },

    // Between receptionists.

    changes(state, { from, base, version, changes }, ctx) {
      const peer = peerOf(state, from)
      if (peer === undefined) return
      const gap = base > peer.known
      if (base === peer.known) {
        for (const one of changes) if (peer.registrations.apply(one)) changedKey(state, one.key, ctx)
        peer.known = version
      }
      acknowledge(state, from, { version: peer.known, gap }, ctx)
    },
    everything(state, { from, version, changes }, ctx) {
      const peer = peerOf(state, from)
      if (peer === undefined) return
      if (version > peer.known) {
        const before = peer.registrations
        peer.registrations = new Registrations()
        for (const one of changes) peer.registrations.apply(one)
        peer.known = version
        for (const key of new Set([...before.keys, ...peer.registrations.keys])) changedKey(state, key, ctx)
      }
      acknowledge(state, from, { version: peer.known, gap: false }, ctx)
    },
    have(state, { from, of, version, gap }, ctx) {
      const peer = peerOf(state, from)
      if (peer === undefined || of.epoch !== state.port.self.epoch) return
      peer.acked = Math.max(peer.acked, version)
      if (gap && peer.acked < state.version) sendEverything(state, from.node, ctx)
      if (allAcked(state)) ctx.timers.cancel('resend')
    },

    // What it says to itself.

    flush(state, _message, ctx) {
      state.flushing = false
      if (state.pending.length > 0) {
        const base = state.version++
        const changes: Changes = { from: state.port.self, base, version: state.version, changes: state.pending }
        state.pending = []
        for (const node of state.peers.keys()) ctx.tell(receptionistOf(node), 'changes', changes)
        awaitAcks(state, ctx)
      }
      for (const key of state.changed) notify(state, key, ctx)
      state.changed.clear()
    },
    resend(state, _message, ctx) {
      for (const [node, { acked }] of state.peers) if (acked < state.version) sendEverything(state, node, ctx)
      awaitAcks(state, ctx)
    },
  },
})

const newPeer = (epoch: number): Peer => ({ epoch, acked: 0, known: 0, registrations: new Registrations() })

function peerOf(state: State, { node, epoch }: Member): Peer | undefined {
  const peer = state.peers.get(node)
  return peer?.epoch === epoch ? peer : undefined
}

/** Who is registered under `key`, node by node in the order of their names. */
function listOf({ port, own, peers }: State, key: string): ActorRef<any>[] {
  const nodes = [...peers.keys(), port.self.node].sort()
  return nodes.flatMap((node) => [...(peers.get(node)?.registrations ?? own).of(key)])
}

/** Changes this node's own registrations. */
function change(state: State, one: RegistrationChange, ctx: Context): void {
  if (!state.own.apply(one)) return
  state.pending.push(one)
  changedKey(state, one.key, ctx)
}

/** Tells everyone soon, behind what the mailbox holds, so that many changes are told at once. */
function changedKey(state: State, key: string, ctx: Context): void {
  if (state.subscribers.has(key)) state.changed.add(key)
  if (state.flushing || (state.pending.length === 0 && state.changed.size === 0)) return
  state.flushing = true
  ctx.tell(ctx.self, 'flush')
}

function notify(state: State, key: string, ctx: Context): void {
  const subscribers = state.subscribers.get(key)
  if (subscribers === undefined) return
  const list = listOf(state, key)
  for (const { ref, message } of subscribers.values()) ctx.tell(ref, message, list)
}

/** Ends the watch of an actor that is neither registered nor subscribed any more. */
function forgetUnused(state: State, ref: ActorRef<any>, ctx: Context): void {
  const id = refKey(ref)
  if (state.own.keysOf(ref).length > 0) return
  for (const subscribers of state.subscribers.values()) if (subscribers.has(id)) return
  ctx.unwatch(ref)
}

function dropPeer(state: State, node: string, ctx: Context): void {
  const peer = state.peers.get(node)
  if (peer === undefined) return
  state.peers.delete(node)
  for (const key of peer.registrations.keys) changedKey(state, key, ctx)
}

function sendEverything(state: State, node: string, ctx: Context): void {
  // What is pending goes with it and is told once more as a change, which says nothing new then.
  const { port, own, version } = state
  ctx.tell(receptionistOf(node), 'everything', { from: port.self, base: 0, version, changes: own.all() })
}

function acknowledge(state: State, to: Member, have: { version: number; gap: boolean }, ctx: Context): void {
  ctx.tell(receptionistOf(to.node), 'have', { from: state.port.self, of: to, ...have })
}

function allAcked({ peers, version }: State): boolean {
  for (const { acked } of peers.values()) if (acked < version) return false
  return true
}

function awaitAcks(state: State, ctx: Context): void {
  if (allAcked(state)) ctx.timers.cancel('resend')
  else ctx.timers.once({ key: 'resend', delayMs: resendMs }, 'resend')
}
