/**
 * An indexer: has the words of a file counted by a task and gives them to the index. While the index has no room it
 * waits, its own mailbox fills, and so the walker waits.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import type { IndexMessages } from './index-actor.ts'
import { countWords } from './words.ts'

export type IndexerMessages = { index: (file: { path: string; text: string }) => void }

type Owner = { gaveUp: (file: { path: string; reason: string }) => void }

/** How long a file may wait for room. */
export const sendTimeoutMs = 60_000

export const Indexer = defineActor<IndexerMessages>()({
  name: 'Indexer',
  module: import.meta.url,
  init: (args: { index: ActorRef<IndexMessages>; owner: ActorRef<Owner> }) => args,
  on: {
    async index({ index, owner }, { path, text }, ctx) {
      try {
        const counts = await ctx.task(countWords, { text })
        await ctx.sendWith({ timeoutMs: sendTimeoutMs }, index, 'merge', { path, counts })
      } catch (error) {
        ctx.tell(owner, 'gaveUp', { path, reason: (error as Error).message })
      }
    },
  },
})
