/**
 * Catching up: a replica that lacks decided entries gets them from anybody who has them, in whatever ballot, since what
 * is decided is decided. Entries while they are still there, else a snapshot in parts. The one that lacks asks, part by
 * part and again after a while, so that whoever answers keeps no books. It stores the parts of a large one as they come, many
 * as one record; what was stored of one that never became whole means nothing.
 */
import type { ActorRef } from '@troupe/core'
import { decodeValue, encodeValue } from '@troupe/core/host'
import { installSnapshot, takeSnapshot } from './applying.ts'
import { batchFrom, lengthOf } from './entry.ts'
import type { CatchUp, Learned, ReplicaProtocol, SnapshotChunk } from './messages.ts'
import {
  type LogSnapshot,
  type ReplicaContext,
  type ReplicaState,
  replicaOf,
  type SnapshotPiece,
} from './replica-state.ts'
import type { AnyMachine } from './state-machine.ts'

/**
 * Of a snapshot under way so many bytes become a record of the journal, which would not hold all of a large one. With a part that
 * is as large as they come that is a half of what a record holds.
 */
const pieceBytes = 16 * 1024 ** 2

/** Asks replica `id` for what is decided, at most once a round. */
export function askToCatchUp(state: ReplicaState, id: string, ctx: ReplicaContext): void {
  if (state.caughtUpRound === state.round) return
  state.caughtUpRound = state.round
  request(state, id, ctx)
}

/** Asks for what comes next. Members of a later configuration may be unknown here: then it is the sender of this message. */
export function request(state: ReplicaState, id: string, ctx: ReplicaContext): void {
  const replica: ActorRef<ReplicaProtocol> | undefined = replicaOf(state, id)?.replica ?? ctx.sender
  if (replica === undefined || id === state.id) return
  const { applied, incoming } = state
  const snapshot = incoming?.from === id ? { snapshot: { id: incoming.id, offset: incoming.bytes } } : {}
  ctx.tellEarly(replica, 'catchUp', { replyTo: ctx.self, applied, ...snapshot })
}

/** Answers with entries, with a part of a snapshot, or not at all when there is nothing new to tell. */
export function onCatchUp(state: ReplicaState, message: CatchUp, machine: AnyMachine, ctx: ReplicaContext): void {
  const { replyTo, applied, snapshot } = message
  const { entries, options } = state
  if (applied >= state.applied) return
  if (applied >= entries.trimmed && snapshot === undefined) {
    const batch = batchFrom(entries, applied, options.batchMax, state.applied)
    ctx.tell(replyTo, 'learned', { from: state.id, at: applied, entries: batch })
    return
  }
  // One that asks anew gets what there is now.
  if ((snapshot?.id ?? state.applied) !== state.outgoing?.id) {
    const bytes = snapshotBytes(state, machine, ctx)
    if (bytes === undefined) return
    state.outgoing = { id: state.applied, bytes }
  }
  const { id, bytes } = state.outgoing as NonNullable<ReplicaState['outgoing']>
  const offset = snapshot?.id === id ? Math.min(snapshot.offset, bytes.length) : 0
  const data = bytes.slice(offset, offset + options.chunkBytes)
  ctx.tell(replyTo, 'snapshotChunk', { from: state.id, id, offset, data, last: offset + data.length === bytes.length })
}

/** All that was applied; `undefined`, and an error in the log, for a state that cannot be stored: whoever lacks it asks again. */
function snapshotBytes(state: ReplicaState, machine: AnyMachine, ctx: ReplicaContext): Uint8Array | undefined {
  try {
    return encodeValue(takeSnapshot(state, machine))
  } catch (error) {
    ctx.log.error('a replica that lags gets no snapshot', { problem: (error as Error).message })
    return undefined
  }
}

/** Returns true when more is known to be decided. */
export function onLearned(state: ReplicaState, { at, entries }: Learned, ctx: ReplicaContext): boolean {
  if (at > lengthOf(state.entries) || at + entries.length <= state.decided) return false
  ctx.persist('learned', { at, entries })
  const ends = entries.some(({ kind }, index) => kind === 'configuration' && at + index >= state.applied)
  if (ends) forgetVoid(state, at + entries.length, ctx)
  return true
}

/**
 * This replica hears that its configuration has ended, below index `from`. What it has accepted behind that belongs to
 * nothing, and must not be taken for entries of the next one.
 */
export function forgetVoid({ entries }: ReplicaState, from: number, ctx: ReplicaContext): void {
  const length = lengthOf(entries)
  if (length <= from) return
  ctx.persist('voided', from)
  ctx.log.info('void', { from, entries: length - from })
}

/** Installs the snapshot once it is whole, and returns true then; asks for the next part until then. */
export function onSnapshotChunk(
  state: ReplicaState,
  { from, id, offset, data, last }: SnapshotChunk,
  ctx: ReplicaContext,
): boolean {
  if (id <= state.applied || offset === 0) {
    state.incoming = id <= state.applied ? undefined : { id, from, parts: [], bytes: 0, stored: 0 }
    state.pieces = undefined
  }
  const { incoming } = state
  if (incoming === undefined || incoming.id !== id || incoming.from !== from || incoming.bytes !== offset) return false
  incoming.parts.push(data)
  incoming.bytes += data.length
  if (last) {
    state.incoming = undefined
    ctx.persist(incoming.stored > 0 ? 'completed' : 'installed', joined(incoming.parts))
    return true
  }
  if (incoming.bytes - incoming.stored >= pieceBytes) {
    ctx.persist('piece', { offset: incoming.stored, bytes: joined(incoming.parts) })
    incoming.parts = []
    incoming.stored = incoming.bytes
  }
  request(state, from, ctx)
  return false
}

/** A piece of a large snapshot is stored: the first, or the one behind those that are. */
export function keepPiece(state: ReplicaState, { offset, bytes }: SnapshotPiece): void {
  if (offset === 0) state.pieces = []
  state.pieces?.push(bytes)
}

/** Installs a snapshot whose bytes are whole with these, which come after the pieces that are stored. */
export function installBytes(
  state: ReplicaState,
  pieces: readonly Uint8Array[],
  bytes: Uint8Array,
  machine: AnyMachine,
): void {
  state.pieces = undefined
  const whole = pieces.length === 0 ? bytes : joined([...pieces, bytes])
  installSnapshot(state, decodeValue(whole) as LogSnapshot, machine)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
