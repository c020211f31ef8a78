/** The other threads of a search: they start while it goes on already, and each joins it when it is ready. */
import type { ActorHandle } from '@troupe/core'
import { createSystem, type ThreadSystem } from '@troupe/threads'
import type { StateMemory } from '../state-table.ts'
import { Levels } from './levels.ts'
import type { SearchShare } from './searcher.ts'
import { SearcherActor, type SearcherProtocol, type SharedSearch } from './searcher-actor.ts'

interface Member {
  readonly actor: ActorHandle<SearcherProtocol>
  share: SearchShare | undefined
}

/** A search may take hours. */
const wait = { timeoutMs: 24 * 60 * 60 * 1_000 }

export class SearchThreads implements AsyncDisposable {
  #search: SharedSearch | undefined
  #members: Member[] = []
  /** All that were spawned, and those of them that wait to join. */
  readonly #actors: ActorHandle<SearcherProtocol>[] = []
  #ready: ActorHandle<SearcherProtocol>[] = []
  #failure: { readonly error: unknown } | undefined
  #starting: Promise<void> = Promise.resolve()
  #end: (() => Promise<unknown>) | undefined

  /** Starts so many threads; resolves at once. */
  start(threads: number): void {
    if (threads === 0) return
    const start = async () => {
      const system = await createSystem({ threads, development: false, log: 'none' })
      this.#end = () => system.stop()
      await this.#begin(system)
    }
    this.#starting = start().catch((error) => {
      this.#failure = { error }
      this.#wantToJoin()
    })
  }

  /** Takes every node of a system that is there; resolves when all wait for a search. */
  async take(system: ThreadSystem): Promise<void> {
    this.#end = () => Promise.all(this.#actors.map((actor) => actor.stop()))
    await this.#begin(system)
  }

  async #begin(system: ThreadSystem): Promise<void> {
    await Promise.all(
      system.nodes.map(async (node) => {
        const actor = await system.spawn(SearcherActor, undefined, { node })
        this.#actors.push(actor)
        if (this.#search !== undefined) await this.#prepare(actor)
      }),
    )
  }

  /** Begins a search, in which threads are free to join from now on; one that is still starting is when it has started. */
  async begin(search: SharedSearch): Promise<void> {
    this.#search = search
    this.#members = []
    this.#ready = []
    await Promise.all(this.#actors.map((actor) => this.#prepare(actor)))
  }

  async #prepare(actor: ActorHandle<SearcherProtocol>): Promise<void> {
    const search = this.#search as SharedSearch
    await actor.askWith(wait, 'begin', search)
    // Another search may have begun meanwhile, which this one is asked for by itself.
    if (search !== this.#search) return
    this.#ready.push(actor)
    this.#wantToJoin()
  }

  /** Has those that search pause at the end of a level, to let others in. */
  #wantToJoin(): void {
    if (this.#search !== undefined) new Levels(this.#search.parts.control).want()
  }

  /** Takes those that have become ready into the search, whose states are in `states` now. Throws what kept one from it. */
  async join(states: StateMemory): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error
    const joining = this.#ready
    this.#ready = []
    await Promise.all(joining.map((actor) => actor.askWith(wait, 'adopt', { states, share: undefined })))
    for (const actor of joining) this.#members.push({ actor, share: undefined })
  }

  /**
   * Has all expand levels as some of so many `threads`, until all pause. When one fails it calls `stop` at once, which is to
   * have the others pause; rejects with the first error of one, once all have.
   */
  async expand(threads: number, stop: () => void): Promise<void> {
    const reports = await Promise.allSettled(
      this.#members.map(async ({ actor }) => {
        try {
          return await actor.askWith(wait, 'expand', threads)
        } catch (error) {
          stop()
          throw error
        }
      }),
    )
    for (const [index, report] of reports.entries()) {
      if (report.status === 'rejected') throw report.reason
      if ('error' in report.value) throw report.value.error
      ;(this.#members[index] as Member).share = report.value
    }
  }

  /** Has all go on in `states`; share 0 of what is to be moved there is left to the caller. */
  async adopt(states: StateMemory): Promise<void> {
    const count = this.parts
    await Promise.all(
      this.#members.map(({ actor }, index) =>
        actor.askWith(wait, 'adopt', { states, share: { index: index + 1, count } }),
      ),
    )
  }

  /** Threads that search, the caller's included. */
  get parts(): number {
    return this.#members.length + 1
  }

  /** What those that have joined have found so far. */
  get shares(): readonly SearchShare[] {
    return this.#members.map(({ share }) => share).filter((share) => share !== undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#starting
    await this.#end?.()
  }
}
