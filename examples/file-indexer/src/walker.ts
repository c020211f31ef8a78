/**
 * The walker: reads one file after the other and sends each to the indexer that has the fewest. The send waits while that
 * indexer's mailbox is full, so that no more files are in memory than the mailboxes hold, however many there are.
 *
 * ```text
 *   Walker ── send ──> Indexer ×n (a mailbox of `capacity` each) ── send ──> Index (a mailbox of 4)
 *      ^                   └─ task: count the words                             │
 *      └────────────────────────────── merged ──────────────────────────────────┘
 * ```
 *
 * The files of an indexer whose node dies are read again and go to the others.
 */
import { type ActorContext, type ActorRef, defineActor, type ReplyToken, refKey, sameRef } from '@troupe/core'
import { Files } from './files.ts'
import { type Hit, Index, type IndexMessages, indexCapacity, type Totals } from './index-actor.ts'
import { Indexer, type IndexerMessages, sendTimeoutMs } from './indexer.ts'

export interface Summary extends Totals {
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  /** The greatest number of files that were read and not yet in the index. */
  readonly mostInFlight: number
}

export type WalkerMessages = {
  /** Indexes all files; replies when they are in the index. Fails when no indexer is left. Once only. */
  walk: () => Summary
  /** The files with a word, the most frequent first. */
  search: (word: string) => readonly Hit[]
  next: () => void
  merged: (path: string) => void
  gaveUp: (file: { path: string; reason: string }) => void
}

export interface WalkerOptions {
  /** The nodes of the indexers, one on each. */
  readonly nodes: readonly string[]
  /** Files that may wait for each indexer. */
  readonly capacity: number
}

/**
 * The most files that can be in flight: for each indexer those that wait and the one it has in hand, for the index the
 * same, and the one that the walker holds.
 */
export const inFlightMax = ({ nodes, capacity }: WalkerOptions): number =>
  nodes.length * (capacity + 1) + (indexCapacity + 1) + 1

interface State extends WalkerOptions {
  index: ActorRef<IndexMessages> | undefined
  indexers: readonly ActorRef<IndexerMessages>[]
  reply: ReplyToken<Summary> | undefined
  /** Still to read, the last one first. */
  paths: string[]
  reading: boolean
  /** Read and not in the index yet, and who has them. */
  readonly inFlight: Map<string, ActorRef<IndexerMessages>>
  mostInFlight: number
  skipped: Summary['skipped'][number][]
}

type Context = ActorContext<WalkerMessages>

export const Walker = defineActor<WalkerMessages>()({
  name: 'Walker',
  module: import.meta.url,
  uses: [Files],
  init: (options: WalkerOptions): State => ({
    ...options,
    index: undefined,
    indexers: [],
    reply: undefined,
    paths: [],
    reading: false,
    inFlight: new Map(),
    mostInFlight: 0,
    skipped: [],
  }),
  async terminated(state, ref, _reason, ctx) {
    state.indexers = state.indexers.filter((indexer) => !sameRef(indexer, ref))
    for (const [path, indexer] of state.inFlight) {
      if (!sameRef(indexer, ref)) continue
      state.inFlight.delete(path)
      state.paths.push(path)
    }
    await proceed(state, ctx)
  },
  on: {
    async walk(state, _message, ctx) {
      if (state.index !== undefined) throw new Error('this walker has walked already; spawn another')
      const index = ctx.spawn(Index, { owner: ctx.self })
      state.index = index
      const mailbox = { capacity: state.capacity, overflow: 'backpressure' } as const
      state.indexers = await Promise.all(
        state.nodes.map((node) => ctx.spawnOn(node, Indexer, { index, owner: ctx.self }, { mailbox })),
      )
      for (const indexer of state.indexers) ctx.watch(indexer)
      state.paths = [...(await ctx.use(Files).list({ signal: ctx.signal }))].reverse()
      state.reply = ctx.deferReply<Summary>()
      await proceed(state, ctx)
      return state.reply
    },
    search(state, _word, ctx) {
      if (state.index === undefined) throw new Error('nothing was indexed yet: ask walk first')
      return ctx.forward(state.index)
    },
    async next(state, _message, ctx) {
      state.reading = false
      const path = state.paths.pop()
      const indexer = leastBusy(state)
      if (path !== undefined && indexer !== undefined) {
        try {
          const text = await ctx.use(Files).read(path, { signal: ctx.signal })
          state.inFlight.set(path, indexer)
          state.mostInFlight = Math.max(state.mostInFlight, state.inFlight.size)
          await ctx.sendWith({ timeoutMs: sendTimeoutMs }, indexer, 'index', { path, text })
        } catch (error) {
          // The send failed: its indexer died or is stuck, and another is to have the file.
          if (state.inFlight.delete(path)) state.paths.push(path)
          else state.skipped.push({ path, reason: (error as Error).message })
        }
      }
      await proceed(state, ctx)
    },
    async merged(state, path, ctx) {
      state.inFlight.delete(path)
      await proceed(state, ctx)
    },
    async gaveUp(state, file, ctx) {
      if (state.inFlight.delete(file.path)) state.skipped.push(file)
      await proceed(state, ctx)
    },
  },
})

function leastBusy({ indexers, inFlight }: State): ActorRef<IndexerMessages> | undefined {
  const files = new Map(indexers.map((indexer) => [refKey(indexer), 0]))
  for (const indexer of inFlight.values()) files.set(refKey(indexer), (files.get(refKey(indexer)) ?? 0) + 1)
  const filesOf = (indexer: ActorRef) => files.get(refKey(indexer)) ?? 0
  return [...indexers].sort((a, b) => filesOf(a) - filesOf(b))[0]
}

/** Goes on with the next file, or answers who asked for the walk once there is none. */
async function proceed(state: State, ctx: Context): Promise<void> {
  if (state.reply === undefined || state.index === undefined || state.reading) return
  if (state.paths.length > 0 && state.indexers.length > 0) {
    state.reading = true
    ctx.tell(ctx.self, 'next')
  } else if (state.paths.length > 0) {
    ctx.replyError(state.reply, new Error(`no indexer is left; ${state.paths.length} files are not indexed`))
    state.reply = undefined
  } else if (state.inFlight.size === 0) {
    const totals = await ctx.ask(state.index, 'totals')
    ctx.reply(state.reply, { ...totals, skipped: state.skipped, mostInFlight: state.mostInFlight })
    state.reply = undefined
  }
}
