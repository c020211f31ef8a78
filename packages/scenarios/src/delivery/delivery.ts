/**
 * Posts from two outboxes to one inbox, all durable, under crashes, loss and copies: each post that a client got accepted
 * arrives once and in order, and soon after the faults.
 */
import { type ActorRef, namedRef } from '@troupe/core'
import type { SimulatedWorld, SystemView, TraceEvent } from '@troupe/simulation'
import { deliveryBugs } from '../planted-bugs/delivery-bugs.ts'
import type { Scenario } from '../scenario.ts'
import { simulatedScenario } from '../simulated-scenario.ts'
import { Inbox, type Put } from './inbox.ts'
import { Outbox, type OutboxProtocol } from './outbox.ts'

/** Virtual milliseconds of faults, and the longest that may pass until all has arrived after them. */
const faultsMs = 1_500
const progressMs = 5_000
/** The same for each post, where there are many. */
const progressMsPerPost = 400

export const delivery: Scenario = simulatedScenario({
  name: 'delivery',
  what: 'posts from two durable outboxes to a durable inbox, which takes each of them once and in order',
  nodes: { default: 3, min: 1, max: 9 },
  bugs: new Map([...deliveryBugs].map(([name, { what }]) => [name, what])),
  options: {
    delivery: 'hostile',
    faults: {
      crash: 6,
      workerExit: 1,
      partition: 1,
      pause: 0.5,
      loss: 0.2,
      duplicate: 0.2,
      reorder: 0.3,
      tornWrite: 1,
      syncFailure: 0.02,
      diskLatencyMs: 40,
    },
    virtualMsMax: 60_000,
  },
  parameters: {
    clients: { what: 'clients, each with an outbox', default: 2, min: 1, max: 9 },
    operations: { what: 'posts of each client', default: 12, min: 1, max: 100 },
  },
  program:
    (bug, { clients: clientCount, operations: posts }) =>
    async (world) => {
      const inboxDefinition = bug === undefined ? Inbox : (deliveryBugs.get(bug)?.inbox ?? Inbox)
      const [node] = world.nodes.slice(-1) as [string]
      const inbox = namedRef(Inbox, { node, name: 'inbox' })
      await world.spawn(inboxDefinition, undefined, { node, name: 'inbox', durableId: 'inbox' })
      const outboxes = await Promise.all(
        outboxIds(clientCount).map((id, index) => startOutbox(world, id, index, inbox)),
      )
      const clients = outboxes.map(({ id, ref }) => postAll(world, { id, posts, outbox: ref }))
      const taken = (view: SystemView) => view.cells(inboxDefinition).map(({ state }) => state.items)
      world.always('posts are taken once and in order', ({ changed }) => {
        return changed(inboxDefinition).every(({ state }) =>
          [...state.items].every(([id, values]) => isInOrder(id, values)),
        )
      })
      // The next post leaves once it is durable that the one before was taken.
      const sent = new Map<string, number>()
      let wentBack = false
      const watch = (event: TraceEvent) => {
        if (event.type !== 'sent' || event.message !== 'put') return
        const { from, number } = event.payload as Put
        wentBack ||= number < (sent.get(from) ?? 0)
        sent.set(from, number)
      }
      world.observe(watch, { only: ['sent'] })
      world.always('no post is sent again after the next one', () => !wentBack)
      await world.sleep(faultsMs)
      await world.heal()
      await world.eventually('every post arrives', {
        withinMs: Math.max(progressMs, posts * progressMsPerPost),
        predicate: (view) => taken(view).some((items) => outboxes.every(({ id }) => items.get(id)?.length === posts)),
      })
      await Promise.all(clients)
      const items = await world.ask(inbox, 'items')
      world.check(items.size === outboxes.length, 'what arrived is still there')
    },
  mutation: {
    definitions: [Inbox, Outbox],
    survivors: {
      'Outbox.resend: handle twice':
        'a post that is sent again is sent twice; the network may double it, and the inbox takes it once',
    },
  },
})

function outboxIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ['left', 'right'][index] ?? `client-${index + 1}`)
}

async function startOutbox(world: SimulatedWorld, id: string, index: number, inbox: ActorRef<any>) {
  const node = world.nodes[index % world.nodes.length] as string
  const name = `outbox-${id}`
  const ref = namedRef(Outbox, { node, name })
  await world.spawn(Outbox, { id, inbox, self: ref }, { node, name, durableId: name })
  return { id, ref }
}

/** What one client posts, and where. */
interface Posting {
  readonly id: string
  readonly posts: number
  readonly outbox: ActorRef<OutboxProtocol>
}

/** Posts all values, each until it is accepted. */
async function postAll(world: SimulatedWorld, { id, posts, outbox }: Posting): Promise<void> {
  for (let number = 1; number <= posts; number++) {
    for (;;) {
      const accepted = await world
        .askWith({ timeoutMs: 100 }, outbox, 'post', { number, value: `${id} ${number}` })
        .catch(() => false)
      if (accepted) break
      await world.sleep(10)
    }
    await world.sleep(world.random.int(100))
  }
}

function isInOrder(id: string, values: readonly string[]): boolean {
  return values.every((value, index) => value === `${id} ${index + 1}`)
}
