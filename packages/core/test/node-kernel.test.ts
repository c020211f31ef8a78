/** What takes more than one node: addresses that look alike, watches and asks when a node dies and comes back. */
import { expect, test } from 'vitest'
import { compiled } from '../src/actor-definition.ts'
import type { Ref } from '../src/actor-ref.ts'
import { type ActorRef, type DeadLetter, defineActor, namedRef, refKey, sameRef } from '../src/index.ts'
import type { NodeKernel } from '../src/node-kernel.ts'
import { Cluster } from './kernel-harness.ts'

const Actor = defineActor({
  name: 'Actor',
  init: () => ({ heard: [] as string[] }),
  on: {
    stop(_state, ref: ActorRef, ctx) {
      ctx.stop(ref)
    },
    watch(_state, ref: ActorRef, ctx) {
      ctx.watch(ref)
    },
    unwatch(_state, ref: ActorRef, ctx) {
      ctx.unwatch(ref)
    },
    heard: (state) => [...state.heard],
    failWithFacts() {
      throw Object.assign(new Error('odd'), { facts: { f: () => 1 } })
    },
  },
  terminated(state, ref, reason) {
    state.heard.push(`${refKey(ref)} ${reason}`)
  },
})

const spawn = (kernel: NodeKernel, name?: string): Ref =>
  kernel.spawn(kernel.guardian, compiled(Actor), undefined, name === undefined ? {} : { name })

/** The first actors of two nodes: the same epoch, slot and incarnation. */
function twins() {
  const cluster = new Cluster()
  const a = cluster.node('a')
  const b = cluster.node('b')
  const onA = spawn(a, 'one')
  const onB = spawn(b, 'one')
  expect([onB.epoch, onB.slot, onB.incarnation]).toEqual([onA.epoch, onA.slot, onA.incarnation])
  const heard = async (ref: Ref) => {
    const answer = cluster.kernels.get(ref.node)!.ask(undefined, ref, 'heard', undefined)
    await cluster.settle()
    return answer
  }
  return { cluster, a, b, onA, onB, heard }
}

test('stopping an actor of another node never stops the twin of the same number here', async () => {
  const { cluster, a, b, onA, onB } = twins()
  a.tell(undefined, onA, 'stop', onB)
  await cluster.settle()
  expect(b.lookup(onB)).toBeUndefined()
  expect(a.lookup(onA)).toBeDefined()
})

test('a watch across nodes is told once, and its watched reference is what it is told of', async () => {
  const { cluster, a, b, onA, onB, heard } = twins()
  const byName = namedRef(Actor, { node: 'b', name: 'one' })
  a.tell(undefined, onA, 'watch', byName)
  a.tell(undefined, onA, 'watch', onB)
  a.tell(undefined, onA, 'watch', onB)
  await cluster.settle()
  b.stop(undefined, onB)
  await cluster.settle()
  expect(await heard(onA)).toEqual(['b/one stopped', `${refKey(onB)} stopped`])
})

test('a node that dies is told of to its watchers, and forgotten as a watcher', async () => {
  const { cluster, a, b, onA, onB, heard } = twins()
  a.tell(undefined, onA, 'watch', onB)
  b.tell(undefined, onB, 'watch', onA)
  await cluster.settle()
  expect(a.lookup(onA)?.watchers).toHaveLength(1)
  b.halt()
  a.nodeDown('b', 0, 'halted')
  await cluster.settle()
  expect(await heard(onA)).toEqual([`${refKey(onB)} node-down`])
  expect(a.lookup(onA)?.watchers ?? []).toHaveLength(0)
})

test('the notice of a node that died does not reach who withdrew the watch', async () => {
  const { cluster, a, b, onA, onB, heard } = twins()
  a.tell(undefined, onA, 'watch', onB)
  a.tell(undefined, onA, 'unwatch', onB)
  await cluster.settle()
  expect(b.lookup(onB)?.watchers ?? []).toHaveLength(0)
  b.halt()
  a.nodeDown('b', 0, 'halted')
  await cluster.settle()
  expect(await heard(onA)).toEqual([])
})

test('an address of a node before it was replaced means nobody; a name means who is there now', async () => {
  const { cluster, a, b, onA, onB, heard } = twins()
  b.halt()
  const again = cluster.node('b', 1)
  const successor = spawn(again, 'one')
  expect(sameRef(successor, onB)).toBe(false)
  const letters: DeadLetter[] = []
  cluster.events.on('deadLetter', (letter) => letters.push(letter))
  a.tell(undefined, onB, 'watch', onA)
  a.tell(undefined, namedRef(Actor, { node: 'b', name: 'one' }) as Ref, 'watch', onA)
  await cluster.settle()
  expect(letters).toMatchObject([{ name: 'watch', reason: 'no-such-actor' }])
  a.stop(undefined, onA)
  await cluster.settle()
  expect(await heard(successor)).toEqual([`${refKey(onA)} stopped`])
})

test('a watch that finds its node replaced is told that the node went down', async () => {
  const { cluster, b, onA, onB, a, heard } = twins()
  b.halt()
  cluster.node('b', 1)
  a.tell(undefined, onA, 'watch', onB)
  await cluster.settle()
  expect(await heard(onA)).toEqual([`${refKey(onB)} node-down`])
})

test('a watch of an earlier epoch, lost with the node before it was answered, is told of that death', async () => {
  const { cluster, b, onA, onB, a, heard } = twins()
  b.halt()
  a.nodeDown('b', 0, 'halted')
  // The transport accepts the watch for the successor, which dies before it reads it.
  const deaf = cluster.node('b', 1)
  deaf.receive = () => {}
  a.tell(undefined, onA, 'watch', onB)
  await cluster.settle()
  deaf.halt()
  a.nodeDown('b', 1, 'halted')
  await cluster.settle()
  expect(await heard(onA)).toEqual([`${refKey(onB)} node-down`])
})

test('an ask across nodes ends with the failure, even one whose facts cannot travel', async () => {
  const { cluster, a, onB } = twins()
  const answer = expect(a.ask(undefined, onB, 'failWithFacts', undefined)).rejects.toThrow('odd')
  await cluster.settle()
  await answer
})

test('an ask of a node that dies ends at once', async () => {
  const { cluster, a, b, onB } = twins()
  const answer = expect(a.ask(undefined, onB, 'heard', undefined)).rejects.toMatchObject({
    code: 'ERR_TROUPE_NODE_DOWN',
  })
  b.halt()
  a.nodeDown('b', 0, 'halted')
  await answer
  await expect(a.ask(undefined, onB, 'heard', undefined)).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
  expect(cluster.clock.now()).toBe(0)
})

test('a tell on a node that has ended is a dead letter', () => {
  const { cluster, a, onA } = twins()
  const letters: DeadLetter[] = []
  cluster.events.on('deadLetter', (letter) => letters.push(letter))
  a.halt()
  a.tell(undefined, onA, 'heard', undefined)
  expect(letters).toMatchObject([{ name: 'heard', reason: 'node-down' }])
})
