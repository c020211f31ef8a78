/** Who is registered under which key: references by key, each once, in the order in which they came. */
import type { ActorRef } from './actor-ref.ts'
import { refKey } from './actor-ref.ts'

/** A registration that came (`added`) or went. */
export interface RegistrationChange {
  readonly key: string
  readonly ref: ActorRef<any>
  readonly added: boolean
}

export class Registrations {
  readonly #byKey = new Map<string, Map<string, ActorRef<any>>>()
  readonly #keysByRef = new Map<string, Set<string>>()
  /** How many there are. */
  size = 0

  /** The references under `key`. */
  of(key: string): Iterable<ActorRef<any>> {
    return this.#byKey.get(key)?.values() ?? []
  }

  /** The keys under which there is anyone. */
  get keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  /** The keys of one reference. */
  keysOf(ref: ActorRef<any>): string[] {
    return [...(this.#keysByRef.get(refKey(ref)) ?? [])]
  }

  /** Makes a change; false when it was so already. */
  apply({ key, ref, added }: RegistrationChange): boolean {
    const id = refKey(ref)
    const refs = this.#byKey.get(key)
    if (refs?.has(id) === added || (refs === undefined && !added)) return false
    if (!added) {
      refs?.delete(id)
      if (refs?.size === 0) this.#byKey.delete(key)
      const keys = this.#keysByRef.get(id)
      if (keys?.delete(key) && keys.size === 0) this.#keysByRef.delete(id)
      this.size--
      return true
    }
    const keys = this.#keysByRef.get(id)
    if (keys === undefined) this.#keysByRef.set(id, new Set([key]))
    else keys.add(key)
    if (refs === undefined) this.#byKey.set(key, new Map([[id, ref]]))
    else refs.set(id, ref)
    this.size++
    return true
  }

  /** All of them, as additions. */
  all(): RegistrationChange[] {
    return [...this.#byKey].flatMap(([key, refs]) => [...refs.values()].map((ref) => ({ key, ref, added: true })))
  }
}
