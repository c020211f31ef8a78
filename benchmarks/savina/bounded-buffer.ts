/**
 * Bounded buffer: producers compute items, consumers compute with them, and between them stands a buffer that tells a
 * producer to go on when there is room. Producers and consumers are on all threads in turn; the buffer is one actor.
 *
 * Size: `producers`, `consumers`, `items` of each producer, `capacity` of the buffer, `work` steps for each item on either
 * side. Verified: the buffer never held more than its capacity, and the consumers together got the items that the
 * producers computed, each once, as the sequential sums of the items and of what is computed from them show.
 * Messages are plain data, made anew.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual, WrongResultError } from './program.ts'
import { busyWork, range } from './random-numbers.ts'

type Consuming = { item: (item: number) => void; consumed: () => { items: number; sum: number } }
type Producing = { produce: () => void; start: (buffer: ActorRef<Buffering>) => void }
type Buffering = {
  open: (sides: { producers: readonly ActorRef<Producing>[]; consumers: readonly ActorRef<Consuming>[] }) => number
  produced: (message: { producer: ActorRef<Producing>; item: number; last: boolean }) => void
  free: (consumer: ActorRef<Consuming>) => void
}

export const ItemProducer = defineActor<Producing>()({
  name: 'ItemProducer',
  module: import.meta.url,
  init: ({ first, items, work }: { first: number; items: number; work: number }) => ({
    next: first,
    end: first + items,
    work,
    buffer: undefined as ActorRef<Buffering> | undefined,
  }),
  on: {
    start(state, buffer) {
      state.buffer = buffer
    },
    produce(state, _nothing, ctx) {
      const item = busyWork(state.work, state.next++)
      if (state.buffer !== undefined) {
        ctx.tell(state.buffer, 'produced', { producer: ctx.self, item, last: state.next === state.end })
      }
    },
  },
})

export const ItemConsumer = defineActor<Consuming & { start: (buffer: ActorRef<Buffering>) => void }>()({
  name: 'ItemConsumer',
  module: import.meta.url,
  init: (work: number) => ({ work, items: 0, sum: 0, buffer: undefined as ActorRef<Buffering> | undefined }),
  on: {
    start(state, buffer) {
      state.buffer = buffer
    },
    item(state, item, ctx) {
      state.items++
      state.sum += busyWork(state.work, item)
      if (state.buffer !== undefined) ctx.tell(state.buffer, 'free', ctx.self)
    },
    consumed: ({ items, sum }) => ({ items, sum }),
  },
})

export const BoundedBuffer = defineActor<Buffering>()({
  name: 'BoundedBuffer',
  module: import.meta.url,
  init: (capacity: number) => ({
    capacity,
    items: [] as number[],
    consumers: 0,
    free: [] as ActorRef<Consuming>[],
    /** Producers that were not told to go on yet. */
    resting: [] as ActorRef<Producing>[],
    /** Items that producers were told to make and that have not come yet: they have their room. */
    promised: 0,
    producing: 0,
    largest: 0,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Lets both sides begin; replies, when all is consumed, with the most that was in the buffer. */
    open(state, { producers, consumers }, ctx) {
      state.consumers = consumers.length
      state.free.push(...consumers)
      state.resting.push(...producers)
      state.producing = producers.length
      state.done = ctx.deferReply<number>()
      goOn(state, (producer) => ctx.tell(producer, 'produce'))
      return state.done
    },
    produced(state, { producer, item, last }, ctx) {
      state.promised--
      if (last) state.producing--
      else state.resting.push(producer)
      const consumer = state.free.pop()
      if (consumer !== undefined) ctx.tell(consumer, 'item', item)
      else state.largest = Math.max(state.largest, state.items.push(item))
      goOn(state, (next) => ctx.tell(next, 'produce'))
    },
    free(state, consumer, ctx) {
      const item = state.items.shift()
      if (item === undefined) state.free.push(consumer)
      else ctx.tell(consumer, 'item', item)
      goOn(state, (next) => ctx.tell(next, 'produce'))
      if (state.producing === 0 && state.free.length === state.consumers && state.done !== undefined) {
        ctx.reply(state.done, state.largest)
      }
    },
  },
})

/** Tells producers to go on while there is room for what they make, those that rested longest first. */
function goOn(
  state: { capacity: number; items: number[]; promised: number; resting: ActorRef<Producing>[] },
  tell: (producer: ActorRef<Producing>) => void,
): void {
  while (state.items.length + state.promised < state.capacity) {
    const producer = state.resting.shift()
    if (producer === undefined) return
    state.promised++
    tell(producer)
  }
}

export const boundedBuffer = defineProgram({
  name: 'bounded-buffer',
  summary: 'producers and consumers with a buffer between them',
  unit: 'items',
  size: { producers: 40, consumers: 40, items: 400, capacity: 50, work: 25_000 },
  quick: { producers: 10, consumers: 10, items: 10, capacity: 12, work: 1_000 },
  expected({ producers, items, work }) {
    let sum = 0
    for (let item = 0; item < producers * items; item++) sum += busyWork(work, busyWork(work, item))
    return sum
  },
  async run(stage, { producers, consumers, items, capacity, work }) {
    const buffer = await stage.spawn(BoundedBuffer, capacity)
    const makers = await Promise.all(
      range(producers).map((index) =>
        stage.spawn(ItemProducer, { first: index * items, items, work }, stage.nodeAt(index)),
      ),
    )
    const takers = await Promise.all(
      range(consumers).map((index) => stage.spawn(ItemConsumer, work, stage.nodeAt(index))),
    )
    for (const maker of makers) await stage.ask(maker, 'start', buffer)
    for (const taker of takers) await stage.ask(taker, 'start', buffer)
    const largest = await stage.ask(buffer, 'open', { producers: makers, consumers: takers })
    return { largest, consumed: await Promise.all(takers.map((taker) => stage.ask(taker, 'consumed'))) }
  },
  verify({ largest, consumed }, sum, { producers, items, capacity }) {
    if (largest > capacity) throw new WrongResultError(`${largest} items were in a buffer of ${capacity}`)
    expectEqual(
      'items',
      consumed.reduce((count, taker) => count + taker.items, 0),
      producers * items,
    )
    expectEqual(
      'sum of what was consumed',
      consumed.reduce((total, taker) => total + taker.sum, 0),
      sum,
    )
  },
  units: ({ producers, items }) => producers * items,
})
