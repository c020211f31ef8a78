/** A library that lends what a publisher has added: with the mistake the request to lend overtakes the book by another path. */
import { type ActorRef, defineActor } from '@troupe/core'
import { simulatedScenario } from '../simulated-scenario.ts'
import { type HopProtocol, hops, quietMs } from './hop.ts'

const module = import.meta.url

const Library = defineActor({
  name: 'Library',
  module,
  init: () => ({ books: new Set<string>(), missing: 0 }),
  on: {
    add(state, book: string) {
      state.books.add(book)
      return true
    },
    lend(state, book: string) {
      if (!state.books.has(book)) state.missing++
    },
    missing: (state) => state.missing,
  },
})

const Publisher = defineActor({
  name: 'Publisher',
  module,
  init: (args: { library: ActorRef<any>; isTwin: boolean; over: readonly ActorRef<HopProtocol>[] }) => args,
  on: {
    async publish({ library, isTwin, over: [first, ...over] }, book: string, ctx): Promise<void> {
      if (isTwin) await ctx.ask(library, 'add', book)
      else ctx.tell(library, 'add', book)
      ctx.tell(first as ActorRef<HopProtocol>, 'pass', { over, to: library, message: 'lend', payload: book })
    },
  },
})

export const library = simulatedScenario({
  name: 'library',
  what: 'a publisher adds a book to a library and has it lent',
  nodes: { default: 4, min: 4, max: 4 },
  bugs: new Map([['overtaking', 'what was sent later comes first, by another path']]),
  program: (bug) => async (world) => {
    const isTwin = bug === undefined
    const library = await world.spawn(Library, undefined, { node: 'node-1' })
    const over = await hops(world, ['node-3', 'node-4', 'node-3'])
    const publisher = await world.spawn(Publisher, { library: library.ref, isTwin, over }, { node: 'node-2' })
    publisher.tell('publish', 'Dune')
    await world.sleep(quietMs)
    world.check((await library.ask('missing')) === 0, 'a book was lent before the library had it')
  },
})
