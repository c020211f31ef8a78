/** Numbered messages from every node to every node, large ones among them; the receiver holds the numbers against each other. */
import { type ActorRef, defineActor, namedRef } from '@troupe/core'
import type { AuditorRef } from './auditor.ts'

interface Numbered {
  readonly from: ActorRef<any>
  readonly n: number
  readonly padding?: Uint8Array | string
}

type ReceiverProtocol = { take: (m: Numbered) => void }

/** The last that came from a node. */
interface Last {
  readonly epoch: number
  readonly incarnation: number
  n: number
}

/**
 * Gets numbered messages. From one incarnation of a teller each must be one more than the last: none twice, none out of
 * order, and, since no channel is ever full here, none left out once the first has come.
 */
export const Receiver = defineActor<ReceiverProtocol>()({
  name: 'Receiver',
  module: import.meta.url,
  init: ({ auditor }: { readonly auditor: AuditorRef }) => ({ auditor, last: new Map<string, Last>(), received: 0 }),
  on: {
    take(state, { from, n }, ctx) {
      const { node, epoch, incarnation } = from
      const last = state.last.get(node)
      const find = (what: string) => ctx.tell(state.auditor, 'finding', `${ctx.node}: from ${node}: ${what}`)
      if (last !== undefined && last.epoch === epoch && last.incarnation === incarnation) {
        if (n <= last.n) find(`message ${n} came after ${last.n}`)
        else if (n > last.n + 1) find(`message ${n} came after ${last.n}: ${n - last.n - 1} are missing`)
        last.n = n
      } else if (last !== undefined && epoch < last.epoch)
        find(`a message of epoch ${epoch} after one of ${last.epoch}`)
      else state.last.set(node, { epoch, incarnation, n })
      if (++state.received % 100 === 0) ctx.tell(state.auditor, 'count', { 'tells received': 100 })
    },
  },
})

type TellerProtocol = { go: () => void; burst: () => void; pause: () => void }

const burst = 5
const periodMs = 2

export const Teller = defineActor<TellerProtocol>()({
  name: 'Teller',
  module: import.meta.url,
  init: ({ nodes }: { readonly nodes: readonly string[] }) => ({ nodes, sent: new Map<string, number>() }),
  started(_state, ctx) {
    ctx.timers.fixedDelay({ key: 'burst', delayMs: periodMs }, 'burst')
  },
  on: {
    go(_state, _message, ctx) {
      ctx.timers.fixedDelay({ key: 'burst', delayMs: periodMs }, 'burst')
    },
    pause(_state, _message, ctx) {
      ctx.timers.cancelAll()
    },
    burst({ nodes, sent }, _message, ctx) {
      for (const node of nodes) {
        const to = namedRef(Receiver, { node, name: 'receiver' })
        for (let each = 0; each < burst; each++) {
          const n = (sent.get(node) ?? 0) + 1
          sent.set(node, n)
          const message = { from: ctx.self, n }
          // Some are larger than a part of the ring, and go beside it.
          if (ctx.random.chance(0.002)) ctx.tell(to, 'take', { ...message, padding: new Uint8Array(700_000) })
          else if (ctx.random.chance(0.02)) ctx.tell(to, 'take', { ...message, padding: 'x'.repeat(5_000) })
          else ctx.tell(to, 'take', message)
        }
      }
    },
  },
})
