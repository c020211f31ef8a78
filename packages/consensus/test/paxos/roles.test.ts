/** The rules of each role alone: what it answers, whom it counts, what it ignores. */
import { type ActorHandle, createLocalSystem, defineActor, MemoryDisk, namedRef } from '@troupe/core'
import { beforeEach, expect, test } from 'vitest'
import { Acceptor, type Ballot, type Configuration, Learner, type LearnerProtocol, Proposer } from '../../src/index.ts'

const instance = 'roles'
const ballot = (n: number, node = 'a'): Ballot => ({ n, priority: 0, node })

/** Stands for every other role and keeps what it is told. */
const Listener = defineActor({
  name: 'Listener',
  init: () => ({ heard: [] as [string, unknown][] }),
  on: {
    promise: (state, message: object) => void state.heard.push(['promise', message]),
    accepted: (state, message: object) => void state.heard.push(['accepted', message]),
    nack: (state, message: object) => void state.heard.push(['nack', message]),
    decided: (state, message: object) => void state.heard.push(['decided', message]),
    inquire: () => undefined,
    heard: (state) => state.heard.splice(0),
  },
})

const at = (name: string) => ({ node: 'local', name })
const configuration: Configuration = {
  instance,
  members: ['a', 'b', 'c'].map((id) => ({
    id,
    node: 'local',
    priority: 0,
    acceptor: namedRef(Acceptor, at('nobody')),
    proposer: namedRef(Proposer, at('proposer')),
    learner: namedRef(Learner, at('learner')),
  })),
  quorums: { election: 2, acceptance: 2 },
  retry: { minMs: 10, maxMs: 100 },
}

const newSystem = () =>
  createLocalSystem({ disk: new MemoryDisk({ schedule: (run) => void Promise.resolve().then(run) }) })
let system: ReturnType<typeof newSystem>
let proposer: ActorHandle<{ heard: () => [string, unknown][] }>
beforeEach(async () => {
  system = newSystem()
  proposer = (await system.spawn(Listener, undefined, { name: 'proposer' })) as typeof proposer
})

const spawnAcceptor = () => system.spawn(Acceptor, { configuration, id: 'b' }, { durableId: 'acceptor' })
const promise = (n: number, node = 'a') => ({ instance, ballot: ballot(n, node), from: 'b' })

test('an acceptor answers a repeated prepare alike, and refuses a lower ballot by naming the higher', async () => {
  const acceptor = await spawnAcceptor()
  acceptor.tell('prepare', { instance, ballot: ballot(2) })
  acceptor.tell('prepare', { instance, ballot: ballot(2) })
  acceptor.tell('prepare', { instance, ballot: ballot(1, 'c') })
  acceptor.tell('accept', { instance, ballot: ballot(1, 'c'), value: 'x' })
  await system.idle()
  const nack = { instance, ballot: ballot(1, 'c'), promised: ballot(2) }
  expect(await proposer.ask('heard')).toEqual([
    ['promise', promise(2)],
    ['promise', promise(2)],
    ['nack', nack],
    ['nack', nack],
  ])
})

test('a vote raises the promise, and later promises tell of it', async () => {
  const acceptor = await spawnAcceptor()
  acceptor.tell('accept', { instance, ballot: ballot(3), value: 'x' })
  acceptor.tell('prepare', { instance, ballot: ballot(2, 'c') })
  acceptor.tell('prepare', { instance, ballot: ballot(3, 'c') })
  await system.idle()
  expect(await proposer.ask('heard')).toEqual([
    ['accepted', { instance, ballot: ballot(3), from: 'b' }],
    ['nack', { instance, ballot: ballot(2, 'c'), promised: ballot(3) }],
    ['promise', { ...promise(3, 'c'), accepted: { ballot: ballot(3), value: 'x' } }],
  ])
})

test('an acceptor ignores strangers and other instances', async () => {
  const acceptor = await spawnAcceptor()
  acceptor.tell('prepare', { instance, ballot: ballot(1, 'stranger') })
  acceptor.tell('accept', { instance: 'another', ballot: ballot(1), value: 'x' })
  await system.idle()
  expect(await proposer.ask('heard')).toEqual([])
  expect(await acceptor.ask('status')).toEqual({})
})

const spawnLearner = () => system.spawn(Learner, { configuration, id: 'c' }, { durableId: 'learner' })
const vote = (learner: ActorHandle<LearnerProtocol>, from: string, of = ballot(1)) =>
  learner.tell('accepted', { instance, ballot: of, from })

test('a learner counts members, not messages, and never adds up votes of different ballots', async () => {
  const learner = await spawnLearner()
  learner.tell('accept', { instance, ballot: ballot(1), value: 'x' })
  learner.tell('accept', { instance, ballot: ballot(2, 'b'), value: 'y' })
  vote(learner, 'a')
  vote(learner, 'a')
  vote(learner, 'stranger')
  vote(learner, 'b', ballot(2, 'b'))
  expect(await learner.ask('learned')).toEqual({ decided: false })
  vote(learner, 'c')
  expect(await learner.ask('learned')).toEqual({ decided: true, value: 'x' })
})

test('a learner that hears the votes before the value learns when the value comes', async () => {
  const learner = await spawnLearner()
  for (const from of ['a', 'b', 'c']) vote(learner, from)
  expect(await learner.ask('learned')).toEqual({ decided: false })
  learner.tell('accept', { instance, ballot: ballot(1), value: undefined })
  expect(await learner.ask('learned')).toEqual({ decided: true, value: undefined })
  await system.idle()
  expect(await proposer.ask('heard')).toEqual([['decided', { instance, value: undefined }]])
})

test('a proposer counts promises of members once, and proposes the value of their highest vote', async () => {
  const handle = await system.spawn(Proposer, { configuration, id: 'a' }, { durableId: 'p' })
  const reply = handle.askWith({ timeoutMs: 1_000_000 }, 'propose', { instance, value: 'own' })
  await system.idle()
  const answer = (from: string, n?: number, value?: string) =>
    handle.tell('promise', {
      instance,
      ballot: ballot(1),
      from,
      ...(n === undefined ? {} : { accepted: { ballot: ballot(n, 'c'), value } }),
    })
  answer('b', -2, 'lower')
  answer('b', -2, 'lower')
  answer('stranger', 0, 'strange')
  expect((await handle.ask('status')).phase).toBe('election')
  answer('c', -1, 'higher')
  expect((await handle.ask('status')).phase).toBe('proposal')
  handle.tell('accepted', { instance, ballot: ballot(1), from: 'b' })
  handle.tell('accepted', { instance, ballot: ballot(1), from: 'b' })
  expect((await handle.ask('status')).phase).toBe('acceptance')
  handle.tell('accepted', { instance, ballot: ballot(1), from: 'c' })
  expect(await reply).toBe('higher')
})

test.each([1, 3])(
  'a learner of %i that comes after the decision learns it from the proposer that counted',
  async (size) => {
    const members = ['a', 'b', 'c'].slice(0, size).map((id) => ({
      id,
      node: 'local',
      priority: 0,
      acceptor: namedRef(Acceptor, at(`acceptor-${id}`)),
      proposer: namedRef(Proposer, at(`proposer-${id}`)),
      learner: namedRef(Learner, at(`learner-${id}`)),
    }))
    const quorum = Math.floor(size / 2) + 1
    const args = (id: string) => ({
      configuration: { ...configuration, members, quorums: { election: quorum, acceptance: quorum } },
      id,
    })
    for (const { id } of members) {
      await system.spawn(Acceptor, args(id), { name: `acceptor-${id}`, durableId: `acceptor-${id}` })
      await system.spawn(Proposer, args(id), { name: `proposer-${id}`, durableId: `proposer-${id}` })
    }
    expect(await system.ask(namedRef(Proposer, at('proposer-a')), 'propose', { instance, value: 'x' })).toBe('x')
    await system.idle()
    const last = members.at(-1)?.id as string
    const learner = await system.spawn(Learner, args(last), { name: `learner-${last}`, durableId: 'learner' })
    expect(await learner.ask('learned')).toEqual({ decided: false })
    await system.advance(10_000)
    expect(await learner.ask('learned')).toEqual({ decided: true, value: 'x' })
  },
)

test('a proposer tells the decision to learners of its instance that ask, once there is one', async () => {
  await system.spawn(Listener, undefined, { name: 'learner' })
  const heard = () => system.ask(namedRef(Listener, at('learner')), 'heard')
  const handle = await system.spawn(Proposer, { configuration, id: 'a' }, { durableId: 'p' })
  handle.tell('inquire', { instance, from: 'c' })
  handle.tell('decided', { instance, value: 'x' })
  handle.tell('inquire', { instance, from: 'stranger' })
  handle.tell('inquire', { instance: 'another', from: 'c' })
  await system.idle()
  expect(await heard()).toEqual([])
  handle.tell('inquire', { instance, from: 'c' })
  await system.idle()
  expect(await heard()).toEqual([['decided', { instance, value: 'x' }]])
})

test('a refused ballot is given up for a higher one than the one that beat it', async () => {
  const handle = await system.spawn(Proposer, { configuration, id: 'a' }, { durableId: 'p' })
  handle.tell('propose', { instance, value: 'own' })
  handle.tell('nack', { instance, ballot: ballot(1), promised: ballot(7, 'c') })
  expect(await handle.ask('status')).toEqual({ phase: 'idle' })
  await system.advance(1_000)
  expect(await handle.ask('status')).toEqual({ phase: 'election', ballot: ballot(8) })
})
