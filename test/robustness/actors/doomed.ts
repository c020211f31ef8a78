/** An actor that ends its thread, in each of the ways in which actors do. */
import { defineActor } from '@troupe/core'

export type DoomedProtocol = {
  exit: (code: number) => void
  throwLater: () => void
  /** Takes memory in one of the ways of {@link appetites} until there is none: in one turn, or from turn to turn. */
  fillMemory: (appetite: Appetite) => void
  loop: () => void
}

/** Ways of taking memory: in a turn that does not end, or more and more of it turn after turn. */
const gluttons = ['numbers', 'list'] as const
const hoarders = ['map', 'set', 'record', 'objects', 'text', 'promises'] as const
export const appetites = [...gluttons, ...hoarders] as const
export type Appetite = (typeof appetites)[number]

/** What was taken, by how it is kept. */
interface Held {
  list: unknown
  readonly array: unknown[]
  readonly map: Map<string, number>
  readonly set: Set<number>
  readonly record: Record<string, number>
  taken: number
}

export const Doomed = defineActor<DoomedProtocol>()({
  name: 'Doomed',
  module: import.meta.url,
  init: (): Held => ({ list: undefined, array: [], map: new Map(), set: new Set(), record: {}, taken: 0 }),
  on: {
    exit: (_state, code) => process.exit(code),
    throwLater() {
      setImmediate(() => {
        throw new RangeError('thrown outside a turn')
      })
    },
    fillMemory(state, appetite, ctx) {
      do {
        for (let each = 0; each < 500; each++) take(state, appetite, state.taken++)
      } while ((gluttons as readonly string[]).includes(appetite))
      ctx.tell(ctx.self, 'fillMemory', appetite)
    },
    loop() {
      for (;;);
    },
  },
})

function take(held: Held, appetite: Appetite, n: number): void {
  const { array, map, set, record } = held
  switch (appetite) {
    case 'numbers':
      array.push(new Array(10_000).fill(n + 0.5))
      break
    case 'list':
      held.list = { n, list: held.list }
      break
    case 'map':
      map.set(`key ${n}`, n)
      break
    case 'set':
      set.add(n + 0.5)
      break
    case 'record':
      record[`key ${n}`] = n
      break
    case 'objects':
      array.push({ n, inner: { n } })
      break
    case 'text':
      array.push(JSON.stringify({ n, text: `${n}`.repeat(20) }))
      break
    case 'promises':
      array.push(Promise.withResolvers())
      break
  }
}
