/** The actor that has one share of a search, on a thread of its own. The coordinator asks it for one thing at a time. */
import { defineActor, type ReplyToken } from '@troupe/core'
import { toError } from '@troupe/core/host'
import type { MovedShare, StateMemory } from '../state-table.ts'
import { type SearchSource, searchedOf } from './search-source.ts'
import { Searcher, type SearchShare } from './searcher.ts'
import { SharedLog } from './shared-log.ts'

/** What the threads of a search share before there are states. */
interface SharedParts {
  readonly control: Int32Array
  readonly log: SharedArrayBuffer
}

/** What every thread of a search is told. */
export interface SharedSearch {
  readonly source: SearchSource
  readonly parts: SharedParts
  /** Where the states are in the beginning. */
  readonly states: StateMemory
  /** What properties look at, as far as it is known. */
  readonly footprint: readonly unknown[]
}

/** What a share has found, or why it cannot go on. */
export type ShareReport = SearchShare | { readonly error: Error }

export type SearcherProtocol = {
  /** Builds the system, for a search or for another one. Answers once that is done. */
  begin: (search: SharedSearch) => Promise<void>
  /** Goes on in other memory, where it gives slots to a share of the states. */
  adopt: (m: { states: StateMemory; share: MovedShare | undefined }) => void
  /** Expands its share of levels, as one of so many threads. Answers when all pause. */
  expand: (threads: number) => ShareReport
  expandMore: () => void
}

interface SearcherState {
  searcher: Searcher | undefined
  expanding: ReplyToken<ShareReport> | undefined
}

export const SearcherActor = defineActor<SearcherProtocol>()({
  name: 'CheckerSearcher',
  module: import.meta.url,
  init: (): SearcherState => ({ searcher: undefined, expanding: undefined }),
  on: {
    async begin(state, { source, parts: { control, log }, states, footprint }) {
      const { searched, options } = await searchedOf(source, new SharedLog(control, log))
      state.searcher = new Searcher(searched, options, footprint, control, states)
    },
    adopt(state, { states, share }) {
      searcherOf(state).adopt(states, share)
    },
    expand(state, threads, ctx) {
      const token = ctx.deferReply<ShareReport>()
      state.expanding = token
      searcherOf(state).begin(threads)
      ctx.tell(ctx.self, 'expandMore')
      return token as never
    },
    expandMore(state, _message, ctx) {
      const token = state.expanding as ReplyToken<ShareReport>
      try {
        const searcher = searcherOf(state)
        if (searcher.expand()) ctx.tell(ctx.self, 'expandMore')
        else ctx.reply(token, searcher.share)
      } catch (error) {
        ctx.reply(token, { error: toError(error) })
      }
    },
  },
})

function searcherOf({ searcher }: SearcherState): Searcher {
  if (searcher === undefined) throw new Error('the search has not begun')
  return searcher
}
