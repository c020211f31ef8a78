/** Which roots come back with their node: those that were alive, by their supervision, each once, in order. */
import { beforeEach, expect, test } from 'vitest'
import { compiled } from '../src/actor-definition.ts'
import { defineActor, type SpawnOptions } from '../src/index.ts'
import type { NodeKernel } from '../src/node-kernel.ts'
import { SystemGuardian } from '../src/system-guardian.ts'
import { Cluster } from './kernel-harness.ts'

let started: string[]
const Root = compiled(
  defineActor({
    name: 'Root',
    init: (args: { name: string; fails?: boolean }) => {
      if (args.fails && started.includes(args.name)) throw new Error('not twice')
      started.push(args.name)
      return args
    },
    on: {},
  }),
)

let cluster: Cluster
let main: NodeKernel
let guardian: SystemGuardian

beforeEach(() => {
  started = []
  cluster = new Cluster()
  main = cluster.node('main')
  cluster.node('worker')
  guardian = new SystemGuardian(main)
})

async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  const outcome = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  await cluster.settle()
  const result = await outcome
  if ('error' in result) throw result.error
  return result.value
}

const spawn = (name: string, options: SpawnOptions = {}, fails = false) =>
  settled(guardian.spawn('worker', Root, { name, fails }, { name, ...options }))

/** The worker dies and another of its name takes its place. */
async function replaceWorker(epoch: number): Promise<void> {
  cluster.kernels.get('worker')!.halt()
  main.nodeDown('worker', epoch - 1, 'it was halted')
  await cluster.settle()
  cluster.node('worker', epoch)
  await settled(guardian.nodeUp('worker', epoch))
}

const living = () => guardian.roots.map(({ options }) => options.name)

test('roots of a node that died come back in order, once for each death', async () => {
  await spawn('a')
  await spawn('b')
  await replaceWorker(1)
  expect(started).toEqual(['a', 'b', 'a', 'b'])
  expect(guardian.roots.map(({ ref }) => ref.epoch)).toEqual([1, 1])
  await replaceWorker(2)
  expect(started).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
})

test('a root that was spawned on the new node before the others came back is not started twice', async () => {
  await spawn('a')
  main.nodeDown('worker', 0, 'it was halted')
  cluster.kernels.get('worker')!.halt()
  await cluster.settle()
  cluster.node('worker', 1)
  await spawn('early')
  const escalated: string[] = []
  cluster.events.on('escalated', ({ error }) => escalated.push(error.message))
  await settled(guardian.nodeUp('worker', 1))
  expect(started).toEqual(['a', 'early', 'a'])
  expect(escalated).toEqual([])
  await replaceWorker(2)
  expect(started).toEqual(['a', 'early', 'a', 'a', 'early'])
})

test('a root that is not to be restarted is forgotten with its node', async () => {
  await spawn('a', { supervise: { onFailure: 'stop' } })
  await spawn('b')
  await replaceWorker(1)
  expect(living()).toEqual(['b'])
  expect(started).toEqual(['a', 'b', 'b'])
})

test('a root that stopped does not come back, neither in its first life nor in a later one', async () => {
  const first = await spawn('a')
  await spawn('b')
  main.stop(undefined, first)
  await cluster.settle()
  expect(living()).toEqual(['b'])
  await replaceWorker(1)
  const [again] = guardian.roots
  main.stop(undefined, again!.ref)
  await cluster.settle()
  expect(living()).toEqual([])
  await replaceWorker(2)
  expect(started).toEqual(['a', 'b', 'b'])
})

test('a root that cannot be started again is reported, and the others are', async () => {
  await spawn('a', {}, true)
  await spawn('b')
  const escalated: string[] = []
  cluster.events.on('escalated', ({ actor, error }) => escalated.push(`${actor}: ${error.message}`))
  await replaceWorker(1)
  expect(started).toEqual(['a', 'b', 'b'])
  expect(escalated).toEqual([expect.stringMatching(/^\/worker\/a: .*not twice/)])
})

test('a spawn that fails leaves no root', async () => {
  await spawn('a')
  await expect(spawn('a')).rejects.toMatchObject({ code: 'ERR_TROUPE_NAME_TAKEN' })
  await expect(settled(guardian.spawn('nowhere', Root, { name: 'x' }, {}))).rejects.toMatchObject({
    code: 'ERR_TROUPE_NODE_DOWN',
  })
  expect(living()).toEqual(['a'])
})

test('a root that was told to stop does not come back, even when its node dies first', async () => {
  const first = await spawn('a')
  await spawn('b')
  guardian.stopping(first)
  await replaceWorker(1)
  expect(started).toEqual(['a', 'b', 'b'])
  expect(living()).toEqual(['b'])
})
