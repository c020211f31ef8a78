/** The index: for each word the files that it occurs in. A file that comes twice counts once. */
import { type ActorRef, defineActor } from '@troupe/core'
import type { WordCounts } from './words.ts'

/** A file in which a word occurs. */
export interface Hit {
  readonly path: string
  readonly count: number
}

export interface Totals {
  readonly files: number
  /** Different words, and occurrences of all of them. */
  readonly words: number
  readonly occurrences: number
}

export type IndexMessages = {
  merge: (file: { path: string; counts: WordCounts }) => void
  /** The files with a word, the most frequent first. */
  search: (word: string) => readonly Hit[]
  totals: () => Totals
}

/** Messages that may wait for the index. */
export const indexCapacity = 4

type Owner = { merged: (path: string) => void }

export const Index = defineActor<IndexMessages>()({
  name: 'Index',
  module: import.meta.url,
  mailbox: { capacity: indexCapacity, overflow: 'backpressure' },
  init: ({ owner }: { owner: ActorRef<Owner> }) => ({
    owner,
    files: new Set<string>(),
    postings: new Map<string, Hit[]>(),
    occurrences: 0,
  }),
  on: {
    merge(state, { path, counts }, ctx) {
      ctx.tell(state.owner, 'merged', path)
      if (state.files.has(path)) return
      state.files.add(path)
      for (const [word, count] of counts) {
        const hits = state.postings.get(word)
        if (hits === undefined) state.postings.set(word, [{ path, count }])
        else hits.push({ path, count })
        state.occurrences += count
      }
    },
    search: ({ postings }, word) =>
      [...(postings.get(word.normalize('NFC').toLowerCase()) ?? [])].sort(
        (a, b) => b.count - a.count || (a.path < b.path ? -1 : 1),
      ),
    totals: ({ files, postings, occurrences }) => ({ files: files.size, words: postings.size, occurrences }),
  },
})
