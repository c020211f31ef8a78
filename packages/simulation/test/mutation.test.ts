/** A mutation run over a small definition: every mutant that it derives, and what becomes of each. */
import { type ActorRef, ConfigurationError, defineActor, namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import type { SimulatedWorld } from '../src/index.ts'
import { type MutantResult, mutate, simulatedSubject } from '../src/mutation/index.ts'

type BookProtocol = {
  opened: (amount: number) => void
  closed: (amount: number) => void
  lines: () => readonly string[]
}

/** Writes down what it is told. */
const Book = defineActor<BookProtocol>()({
  name: 'Book',
  init: () => ({ lines: [] as string[] }),
  on: {
    opened(state, amount) {
      state.lines.push(`opened ${amount}`)
    },
    closed(state, amount) {
      state.lines.push(`closed ${amount}`)
    },
    lines: (state) => [...state.lines],
  },
})

/** A durable till that tells a book of each payment, and that is full with `quorum` of them. */
const Till = defineActor({
  name: 'Till',
  init: (args: { book: ActorRef<BookProtocol>; quorum: number }) => ({ ...args, total: 0, payments: 0, unused: 0 }),
  events: {
    paid(state, amount: number) {
      state.total += amount
      state.payments++
    },
  },
  on: {
    pay(state, amount: number, ctx) {
      ctx.persist('paid', amount)
      ctx.tell(state.book, 'opened', amount)
      ctx.tell(state.book, 'closed', amount)
      return state.total
    },
    isFull: (state) => state.payments >= state.quorum,
    /** Does nothing at all. */
    glance: () => undefined,
    never(_state, _message: undefined, ctx) {
      ctx.persist('paid', 1)
    },
  },
})

/** Two payments with a crash after each; the till knows of both, and the book has them in order. */
const program = async (world: SimulatedWorld) => {
  const till = namedRef(Till, { node: 'node-1', name: 'till' })
  const book = namedRef(Book, { node: 'node-2', name: 'book' })
  await world.spawn(Book, undefined, { node: 'node-2', name: 'book' })
  await world.spawn(Till, { book, quorum: 2 }, { node: 'node-1', name: 'till', durableId: 'till' })
  world.always('no till has more than was paid', (view) => view.cells(Till).every(({ state }) => state.total <= 12))
  for (const [amount, total] of [
    [5, 5],
    [7, 12],
  ] as const) {
    world.check(!(await world.ask(till, 'isFull')), 'the till is full too early')
    world.check((await world.ask(till, 'pay', amount)) === total, `the till does not have ${total}`)
    // What is in the book was told by a till that cannot forget it.
    await inBook(world, amount)
    world.crash('node-1')
    await world.restart('node-1')
  }
  world.check(await world.ask(till, 'isFull'), 'the till is not full')
  world.tell(till, 'glance')
  await world.sleep(100)
  const lines = (await world.ask(book, 'lines')).join(', ')
  world.check(lines === 'opened 5, closed 5, opened 7, closed 7', `the book has ${lines}`)
}
const subject = simulatedSubject({ nodes: 2, faults: { diskLatencyMs: 30 }, swarm: false }, program)

async function inBook(world: SimulatedWorld, amount: number): Promise<void> {
  const book = namedRef(Book, { node: 'node-2', name: 'book' })
  for (let look = 0; look < 100; look++) {
    if ((await world.ask(book, 'lines')).includes(`closed ${amount}`)) return
    await world.sleep(1)
  }
}

const told = ({ name, ...result }: MutantResult) => {
  const what = result.verdict === 'killed' ? result.by : result.verdict === 'equivalent' ? result.because : 'survived'
  return [name, what]
}

test('mutants are derived from what a definition does in a run, and judged', async () => {
  const { results, ...figures } = await mutate(subject, { seeds: '1..3' })
  expect(figures.cleanFailures).toEqual([])
  expect(results.map(told)).toEqual([
    ['Book.closed: handle twice', 'simulation'],
    ['Book.closed: ignore', 'simulation'],
    ['Book.lines: handle twice', 'no-effect'],
    ['Book.lines: ignore', 'simulation'],
    ['Book.opened: handle twice', 'simulation'],
    ['Book.opened: ignore', 'simulation'],
    ['Till.isFull: handle twice', 'no-effect'],
    ['Till.isFull: ignore', 'simulation'],
    ['Till.pay: drop persist paid', 'simulation'],
    ['Till.pay: handle twice', 'simulation'],
    ['Till.pay: ignore', 'simulation'],
    ['Till.pay: send before paid is synced', 'simulation'],
    ['Till.pay: send closed before opened', 'simulation'],
    ['Till: forget payments at recovery', 'simulation'],
    ['Till: forget total at recovery', 'simulation'],
    ['Till: lower quorum by one', 'simulation'],
  ])
  expect(figures).toEqual({
    seeds: 3,
    cleanFailures: [],
    cleanViolation: undefined,
    killed: 14,
    survived: 0,
    equivalent: 2,
    rate: 1,
  })
})

test('a property of a definition is looked at after the steps of its mutants', async () => {
  const watched = simulatedSubject({ nodes: 2 }, async (world) => {
    const book = await world.spawn(Book, undefined, { node: 'node-2' })
    const till = await world.spawn(Till, { book: book.ref, quorum: 2 }, { node: 'node-1', durableId: 'till' })
    const isRight = () => world.view.cells(Till).every(({ state }) => state.total <= 5)
    world.always('no till has more than was paid', isRight, { of: Till })
    await till.ask('pay', 5)
  })
  const { results } = await mutate(watched, { seeds: [1], mutants: ['Till.pay: handle twice'] })
  expect(results).toMatchObject([{ verdict: 'killed', what: 'no till has more than was paid' }])
})

test('a property that is missing lets mutants survive, and each can be explained', async () => {
  const careless = simulatedSubject({ nodes: 2 }, async (world) => {
    const book = await world.spawn(Book, undefined, { node: 'node-2' })
    const till = await world.spawn(Till, { book: book.ref, quorum: 2 }, { node: 'node-1', durableId: 'till' })
    world.check((await till.ask('pay', 5)) === 5, 'the till does not have 5')
  })
  const explanations = { 'Till.pay: send closed before opened': 'nobody reads the book' }
  const mutants = ['Till.pay: send closed before opened', 'Till.pay: drop persist paid']
  const { results, rate } = await mutate(careless, { seeds: [1], explanations, mutants })
  expect(results).toMatchObject([
    { verdict: 'survived', explanation: undefined, name: 'Till.pay: drop persist paid', tried: 1 },
    { verdict: 'survived', explanation: 'nobody reads the book' },
  ])
  expect(rate).toBe(0)
})

test('a claim that the clean twin reaches and a mutant never does kills it', async () => {
  const claiming = simulatedSubject({ nodes: 2 }, async (world) => {
    const book = await world.spawn(Book, undefined, { node: 'node-2' })
    world.sometimes('the book is written in', (view) => view.cells(Book).some(({ state }) => state.lines.length > 0))
    world.tell(book.ref, 'opened', 1)
    await world.sleep(50)
  })
  const judged = async (seeds: string) => (await mutate(claiming, { seeds, operators: ['ignore-message'] })).results
  expect(await judged('1..5')).toMatchObject([
    { name: 'Book.opened: ignore', verdict: 'killed', by: 'claim', what: 'the book is written in', tried: 5 },
  ])
  // Too few to tell.
  expect(await judged('1..4')).toMatchObject([{ name: 'Book.opened: ignore', verdict: 'survived' }])
})

test('what the network does anyway is no mistake', async () => {
  const faults = { duplicate: 1, reorder: 0, loss: 0 }
  const doubled = simulatedSubject({ nodes: 2, delivery: 'hostile', faults, swarm: false }, async (world) => {
    const book = await world.spawn(Book, undefined, { node: 'node-2' })
    const relay = await world.spawn(Relay, { book: book.ref }, { node: 'node-1' })
    relay.tell('open', 3)
    await world.sleep(100)
    world.check(new Set(await book.ask('lines')).size === 1, 'the book has what nobody wrote')
  })
  const { results } = await mutate(doubled, { seeds: '1..3', operators: ['deliver-twice'], definitions: [Book] })
  expect(results.map(told)).toContainEqual(['Book.opened: handle twice', 'in-plan'])
})

/** Sends on to a book, from another node. */
const Relay = defineActor<{ open: (amount: number) => void }>()({
  name: 'Relay',
  init: (args: { book: ActorRef<BookProtocol> }) => args,
  on: { open: ({ book }, amount, ctx) => ctx.tell(book, 'opened', amount) },
})

/** Its state is stored with each event, and made by `restore`; `word` is drawn anew by the turn that it begins with. */
const Shelf = defineActor({
  name: 'Shelf',
  init: ({ owner }: { owner: string }) => ({ owner, books: 0, word: 'none', read: 'none' }),
  events: {
    added(state, books: number) {
      state.books += books
    },
  },
  snapshotEvery: 1,
  snapshot: ({ owner, books }) => ({ owner, books }),
  restore: (stored: { owner: string; books: number }) => ({ ...stored, word: 'old', read: 'old' }),
  started(state) {
    state.word = 'new'
    if (state.read === 'old') state.read = 'new'
  },
  on: {
    add(state, books: number, ctx) {
      ctx.persist('added', books)
      return state.books
    },
  },
})

test.each([{}, { supervise: { rollback: true } }])(
  'a field that is made anew before anybody reads it is no loss; what init is given is no field to forget %#',
  async (options) => {
    const shelves = simulatedSubject({ nodes: 2 }, async (world) => {
      for (const node of world.nodes) {
        await world.spawn(Shelf, { owner: node }, { node, name: 'shelf', durableId: 'shelf', ...options })
        await world.ask(namedRef(Shelf, { node, name: 'shelf' }), 'add', 1)
      }
      // Both come back at once, so that one's `init` runs between the other's and its first turn.
      for (const node of world.nodes) world.crash(node)
      await Promise.all(world.nodes.map((node) => world.restart(node)))
      for (const node of world.nodes) await world.ask(namedRef(Shelf, { node, name: 'shelf' }), 'add', 1)
    })
    const { results } = await mutate(shelves, { seeds: '1..2', operators: ['forget-field'] })
    expect(results.map(told)).toEqual([
      ['Shelf: forget books at recovery', 'survived'],
      ['Shelf: forget read at recovery', 'survived'],
      ['Shelf: forget word at recovery', 'supervise' in options ? 'survived' : 'no-effect'],
    ])
  },
)

test('definitions of actors that actors spawn are mutated too, and a checker has a say', async () => {
  const Parent = defineActor({
    name: 'Parent',
    init: () => ({}),
    on: { start: (_state, _message: undefined, ctx) => void ctx.spawn(Book, undefined, { name: 'book' }) },
  })
  const spawning = simulatedSubject({ nodes: 1 }, async (world) => {
    const parent = await world.spawn(Parent, undefined, { node: 'node-1', name: 'parent' })
    parent.tell('start')
    await world.sleep(10)
    const [book] = world.view.cells(Book)
    world.check(book !== undefined, 'there is no book')
    if (book !== undefined) world.tell(book.ref as ActorRef<BookProtocol>, 'opened', 1)
    await world.sleep(10)
  })
  let asked = 0
  const checked = { ...spawning, check: () => (asked++ === 0 ? undefined : 'what the checker knows') }
  const { results } = await mutate(checked, { seeds: '1..2', operators: ['ignore-message'] })
  expect(results.map(told)).toEqual([
    ['Book.opened: ignore', 'checker'],
    ['Parent.start: ignore', 'simulation'],
  ])
})

test('a clean twin that fails ends the run, and what makes no sense is refused', async () => {
  const failing = simulatedSubject({ nodes: 1 }, async (world) => world.check(world.random.int(2) > 5, 'never'))
  expect(await mutate(failing, { seeds: '1..2' })).toMatchObject({
    cleanFailures: [{ seed: 1, what: 'check' }, { seed: 2 }],
    results: [],
    rate: 0,
  })
  const refused = (options: object) =>
    expect(mutate(subject, { seeds: '1..1', ...options })).rejects.toThrow(ConfigurationError)
  await refused({ seeds: [] })
  await refused({ seeds: 'many' })
  await refused({ mutants: ['Till.pay: nothing'] })
})
