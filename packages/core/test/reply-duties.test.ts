/** Asks that nobody waits for any more, on two nodes: what their callee's node keeps, drops and tells its actors. */
import { describe, expect, test } from 'vitest'
import type { ActorCell } from '../src/actor-cell.ts'
import { compiled } from '../src/actor-definition.ts'
import { type ActorRef, defineActor, MalformedFrameError, type ReplyToken } from '../src/index.ts'
import type { NodeKernel } from '../src/node-kernel.ts'
import type { Frame } from '../src/wire.ts'
import { Cluster } from './kernel-harness.ts'

interface State {
  readonly signals: AbortSignal[]
  readonly handled: string[]
  end: (() => void) | undefined
}

const Callee = defineActor({
  name: 'Callee',
  init: (): State => ({ signals: [], handled: [], end: undefined }),
  on: {
    work(state, _message: undefined, ctx) {
      state.signals.push(ctx.signal)
      return new Promise<void>((resolve) => {
        state.end = resolve
      })
    },
    quiet: (state) =>
      new Promise<void>((resolve) => {
        state.end = resolve
      }),
    note: (state, text: string) => void state.handled.push(text),
    handOver(state, to: ActorRef<{ answer: (token: ReplyToken<void>) => void }>, ctx) {
      state.signals.push(ctx.signal)
      const token = ctx.deferReply<void>()
      ctx.tell(to, 'answer', token)
      return token
    },
    answer: (_state, token: ReplyToken<void>, ctx) => ctx.reply(token, undefined),
  },
})

function start(kernel: NodeKernel): ActorCell {
  const cell = kernel.lifecycle.create(kernel.guardian, compiled(Callee), undefined, {})
  kernel.lifecycle.activate(cell)
  return cell
}

function setUp() {
  const cluster = new Cluster()
  const left = cluster.node('left')
  const right = cluster.node('right')
  const ask = (cell: ActorCell, name: string, payload?: unknown, signal?: AbortSignal) => {
    const promise = left.ask(undefined, cell.ref, name, payload, 1_000, signal)
    promise.catch(() => {})
    return promise
  }
  return { cluster, left, right, ask }
}

const state = (cell: ActorCell) => cell.state as State

describe.each(['right', 'left'] as const)('an ask of node left to an actor of node %s', (node) => {
  test('that is aborted while it waits is dropped, and leaves nothing behind', async () => {
    const { cluster, ask, ...nodes } = setUp()
    const cell = start(nodes[node])
    void ask(cell, 'work')
    await cluster.settle()
    const controller = new AbortController()
    for (let count = 0; count < 100; count++) void ask(cell, 'note', 'given up', controller.signal)
    void ask(cell, 'note', 'kept')
    controller.abort()
    state(cell).end?.()
    await cluster.settle()
    expect(state(cell).handled).toEqual(['kept'])
    expect(cell.givenUp?.size ?? 0).toBe(0)
  })

  test('that times out, or whose actor is killed, has the signal of its turn aborted', async () => {
    const { cluster, ask, ...nodes } = setUp()
    const [slow, killed] = [start(nodes[node]), start(nodes[node])]
    void ask(slow, 'work')
    void ask(killed, 'work')
    await cluster.settle()
    nodes[node].stopping.kill(killed)
    expect(state(killed).signals[0]?.reason).toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
    expect(state(slow).signals[0]?.aborted).toBe(false)
    while (cluster.clock.runNext(1_000));
    expect(state(slow).signals[0]?.reason).toMatchObject({ code: 'ERR_TROUPE_ASK_ABORTED' })
  })

  test('whose token another actor has is forgotten by the one that deferred it, once it is answered', async () => {
    const { cluster, left, right, ask } = setUp()
    const cell = start(node === 'left' ? left : right)
    for (const helper of [start(left), start(right)]) {
      await Promise.all([ask(cell, 'handOver', helper.ref), cluster.settle()])
      expect(cell.deferred?.size).toBe(0)
      // Answered, not given up.
      expect(state(cell).signals.at(-1)?.aborted).toBe(false)
    }
  })
})

test('a turn that reads no signal gets none, whatever becomes of its ask', async () => {
  const { cluster, right, ask } = setUp()
  const cell = start(right)
  const { AbortController: Original } = globalThis
  let made = 0
  globalThis.AbortController = class extends Original {
    constructor() {
      super()
      made++
    }
  }
  try {
    void ask(cell, 'quiet')
    void ask(cell, 'note', 'next')
    await cluster.settle()
    state(cell).end?.()
    await cluster.settle()
  } finally {
    globalThis.AbortController = Original
  }
  expect({ made, handled: state(cell).handled }).toEqual({ made: 0, handled: ['next'] })
})

test('what is remembered of given-up asks has a bound, though they were handled before', async () => {
  const { cluster, left, right, ask } = setUp()
  const cell = start(right)
  void ask(cell, 'work')
  await cluster.settle()
  left.tell(undefined, cell.ref, 'note', 'waits')
  const target = [cell.ref.epoch, cell.ref.slot, cell.ref.incarnation, undefined] as const
  for (let askId = 1_000; askId < 3_000; askId++)
    right.receive({ node: 'left', epoch: 0 }, [18, ...target, askId, false])
  expect(cell.givenUp?.size).toBeLessThan(100)
})

test('asks of a node that died are dropped, those of its next epoch are not', async () => {
  const { cluster, left, right } = setUp()
  const cell = start(right)
  left.ask(undefined, cell.ref, 'work', undefined).catch(() => {})
  await cluster.settle()
  left.ask(undefined, cell.ref, 'note', 'dead').catch(() => {})
  left.halt()
  right.nodeDown('left', 0, 'gone')
  expect(state(cell).signals[0]?.aborted).toBe(true)
  cluster
    .node('left', 1)
    .ask(undefined, cell.ref, 'note', 'alive')
    .catch(() => {})
  state(cell).end?.()
  await cluster.settle()
  expect(state(cell).handled).toEqual(['alive'])
})

test('frames that no sender makes are refused and disturb nobody', async () => {
  const { cluster, right, ask } = setUp()
  const cell = start(right)
  const target = [cell.ref.epoch, cell.ref.slot, cell.ref.incarnation, undefined]
  const odd: unknown[][] = [
    [18],
    [18, ...target],
    [18, ...target, 'x', 'y'],
    [18, 0, -1, 1.5, 7, 1, false],
    [8, ...target, 'note', 'odd', undefined, undefined],
    [8, 0, -1, 0, undefined, 'note', 'odd', undefined, undefined],
  ]
  for (const frame of odd) {
    expect(() => right.receive({ node: 'left', epoch: 0 }, frame as unknown as Frame)).toThrow(MalformedFrameError)
  }
  void ask(cell, 'note', 'in order')
  await cluster.settle()
  expect(state(cell).handled).toEqual(['in order'])
})
