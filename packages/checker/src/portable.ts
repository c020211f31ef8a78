/**
 * States that leave their search: each search numbers values in the order in which it meets them, so between two searches
 * a part of a state travels as a value, once, and as the sender's number after that. Hashes of parts do not depend on who
 * makes them, so every search knows whose a state is.
 */
import { hashString } from '@troupe/core/host'
import type { ActorSystem } from './actor-system.ts'
import { canonicalValue } from './canonical-value.ts'
import { CheckerError } from './checker-error.ts'
import type { LocalState } from './local-transitions.ts'

/** A system whose states can be told to another search of the same system. */
export interface PortableSystem {
  /** What number `id` stands for at `place`, as plain data. */
  exportPart(place: number, id: number): unknown
  /** The number here of what another search exported. */
  importPart(place: number, part: any): number
  /** The same in every search. */
  hashPart(place: number, id: number): number
}

/** A message without numbers of this search. */
type ExportedMessage = readonly [from: number, to: number, name: string, payload: unknown]

interface ExportedLocal extends Omit<LocalState, 'stash' | 'front' | 'storage'> {
  readonly stash: readonly ExportedMessage[]
  readonly front: readonly ExportedMessage[]
  readonly storage:
    | undefined
    | {
        readonly recovered: any
        readonly unsynced: readonly { readonly recovered: any; readonly held: readonly ExportedMessage[] }[]
      }
}

export class PortableActors implements PortableSystem {
  readonly #system: ActorSystem

  constructor(system: ActorSystem) {
    this.#system = system
  }

  exportPart(place: number, id: number): unknown {
    const { places, parts } = this.#system
    if (place < places.network) return this.#exportLocal(parts.transitions.local(place, id))
    if (place === places.network) {
      const { network } = parts
      const messages: ExportedMessage[] = []
      for (let index = network.start(id); index < network.end(id); index++)
        messages.push(this.#export(network.messageAt(index)))
      const last = network.last(id)
      return { messages, last: last < 0 ? undefined : this.#export(last) }
    }
    return place === places.history ? parts.history?.table.get(id) : id
  }

  importPart(place: number, part: any): number {
    const { places, parts } = this.#system
    if (place < places.network) return parts.transitions.internState(place, this.#importLocal(part as ExportedLocal))
    if (place === places.network) {
      const { messages, last } = part as { messages: readonly ExportedMessage[]; last: ExportedMessage | undefined }
      return parts.network.of(messages.map(this.#import), last === undefined ? -1 : this.#import(last))
    }
    return place === places.history ? (parts.history?.intern(part, 'another search') ?? 0) : part
  }

  hashPart(place: number, id: number): number {
    const key = (value: unknown) => canonicalValue(value, 'state', unlikely).key
    const part = this.exportPart(place, id)
    const { places, parts } = this.#system
    if (place !== places.network || parts.network.kind === 'ordered') return hashString(key(part))
    // The order of an unordered network's messages is that of their numbers here.
    const { messages, last } = part as { messages: readonly ExportedMessage[]; last: unknown }
    return hashString(`${messages.map(key).sort().join()} ${key(last)}`)
  }

  #exportLocal(local: LocalState): ExportedLocal {
    const { storage } = local
    return {
      ...local,
      stash: local.stash.map(this.#export),
      front: local.front.map(this.#export),
      storage: storage && {
        recovered: storage.recovered,
        unsynced: storage.unsynced.map(({ recovered, held }) => ({ recovered, held: held.map(this.#export) })),
      },
    }
  }

  #importLocal(local: ExportedLocal): LocalState {
    const { storage } = local
    return {
      ...local,
      stash: local.stash.map(this.#import),
      front: local.front.map(this.#import),
      storage: storage && {
        recovered: storage.recovered,
        unsynced: storage.unsynced.map(({ recovered, held }) => ({ recovered, held: held.map(this.#import) })),
      },
    }
  }

  readonly #export = (id: number): ExportedMessage => {
    const { from, to, name, payload } = this.#system.parts.messages.get(id)
    return [from, to, name, payload]
  }

  readonly #import = ([from, to, name, payload]: ExportedMessage): number =>
    this.#system.parts.messages.intern(from, to, name, canonicalValue(payload, 'payload', unlikely))
}

/** What was in a state once is plain data. */
const unlikely = (path: string, what: string) => new CheckerError(`${path} is ${what}`)
