/**
 * The asker: batch after batch of asks, streams, tasks and spawns to all nodes at random, each of which must end with
 * the right answer or with an error that the death of a thread explains. Its timeout is far beyond what anything takes,
 * so one that runs into it is a finding: it was lost.
 */
import { type ActorContext, defineActor, defineTask, namedRef } from '@troupe/core'
import type { AuditorRef } from './auditor.ts'
import { Mortal } from './mourner.ts'
import { Server } from './server.ts'

/** How long anything may take to end, in milliseconds. */
export const endsWithinMs = 30_000

export interface AskerArguments {
  readonly nodes: readonly string[]
  readonly auditor: AuditorRef
}

type AskerProtocol = {
  go: () => void
  batch: () => void
  /** Answers when the batch under way has ended; none follows. */
  pause: () => void
}

/** A task with something to do. */
export const triangle = defineTask({
  name: 'triangle',
  module: import.meta.url,
  run({ n }: { readonly n: number }) {
    let sum = 0
    for (let each = 1; each <= n; each++) sum += each
    return sum
  },
})

const batchSize = 6

/** Errors of what was asked of a node that died, by code. */
const explained = new Set(['ERR_TROUPE_NODE_DOWN', 'ERR_TROUPE_ACTOR_STOPPED'])

export const Asker = defineActor<AskerProtocol>()({
  name: 'Asker',
  module: import.meta.url,
  init: (args: AskerArguments) => args,
  started(_state, ctx) {
    ctx.timers.fixedDelay({ key: 'batch', delayMs: 2 }, 'batch')
  },
  on: {
    go(_state, _message, ctx) {
      ctx.timers.fixedDelay({ key: 'batch', delayMs: 2 }, 'batch')
    },
    pause(_state, _message, ctx) {
      ctx.timers.cancelAll()
    },
    async batch({ nodes, auditor }, _message, ctx) {
      const counts: Record<string, number> = {}
      const count = (name: string) => {
        counts[name] = (counts[name] ?? 0) + 1
      }
      const end = async (kind: keyof typeof attempts) => {
        const node = ctx.random.pick(nodes)
        try {
          await attempts[kind](ctx, node)
          count(`${kind} answered`)
        } catch (error) {
          const { code, name, message } = error as Error & { readonly code?: string }
          if (explained.has(code ?? '')) count(`${kind} failed by a death`)
          // The one thing whose timeout cannot be raised, asked of a node that is busy with its end.
          else if (kind === 'spawn' && code === 'ERR_TROUPE_ASK_TIMEOUT') count('spawn timed out')
          else ctx.tell(auditor, 'finding', `${ctx.node}: ${kind} of ${node} ended by ${code ?? name}: ${message}`)
        }
      }
      const kinds = Object.keys(attempts) as (keyof typeof attempts)[]
      await Promise.all(Array.from({ length: batchSize }, () => end(ctx.random.pick(kinds))))
      ctx.tell(auditor, 'count', counts)
    },
  },
})

const timeoutMs = endsWithinMs

/** Each kind of what is under way, of a node: it throws what it ended by, or what was wrong with the answer. */
const attempts = {
  async ask(ctx: ActorContext, node: string) {
    const n = ctx.random.int(1_000_000)
    const name = ctx.random.chance(0.5) ? 'echo' : 'later'
    const answer = await ctx.askWith({ timeoutMs }, server(node), name, n)
    if (answer !== n) throw new Error(`${name} ${n} was answered by ${answer}`)
  },
  async failingAsk(ctx: ActorContext, node: string) {
    try {
      await ctx.askWith({ timeoutMs }, server(node), 'fail')
    } catch (error) {
      if (error instanceof RangeError && error.message === 'as asked') return
      throw error
    }
  },
  async stream(ctx: ActorContext, node: string) {
    const count = 1 + ctx.random.int(40)
    const enough = ctx.random.chance(0.2) ? ctx.random.int(count) : count
    let next = 0
    for await (const item of await ctx.askWith({ timeoutMs }, server(node), 'count', count)) {
      if (item !== next++) throw new Error(`item ${next - 1} of a stream was ${item}`)
      if (next > enough) break
    }
    if (next < Math.min(count, enough)) throw new Error(`a stream of ${count} items ended after ${next}`)
  },
  async task(ctx: ActorContext) {
    const n = 1 + ctx.random.int(20_000)
    const sum = await ctx.task(triangle, { n }, { timeoutMs })
    if (sum !== (n * (n + 1)) / 2) throw new Error(`the sum to ${n} was ${sum}`)
  },
  async spawn(ctx: ActorContext, node: string) {
    const ref = await ctx.spawnOn(node, Mortal, undefined)
    ctx.stop(ref)
  },
}

function server(node: string) {
  return namedRef(Server, { node, name: 'server' })
}
