/** The room on threads that are killed, and in simulations whose nodes crash: those who are left agree on who is there. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { simulate, simulateMany } from '@troupe/simulation'
import { createSystem } from '@troupe/threads'
import { expect, test } from 'vitest'
import { converse } from '../src/conversation.ts'
import { Member } from '../src/member.ts'
import { Room } from '../src/room.ts'

const conversation = [
  '* ada is here',
  '* bob is here',
  '* cleo is here',
  '<ada> hello, both of you',
  '<bob> hello ada, my thread feels strange',
  '* bob is gone',
  '<cleo> where is bob?',
  '* bob is here',
  '<bob> back, on another thread',
  '* bob is gone',
]
const screens = { ada: conversation, cleo: conversation }

test('on threads, one of which is killed', async () => {
  await using system = await createSystem({ threads: 3, log: 'none' })
  expect(await converse(system, (node) => system.killNode(node))).toEqual(screens)
})

test('in a simulation, where a machine crashes and stays down', async () => {
  await simulate({ seed: 1, nodes: 3 }, async (world) => {
    expect(await converse(world, (node) => world.crash(node))).toEqual(screens)
  })
})

test('whatever crashes and is cut off, those who are left agree on who is there', async () => {
  let [survived, died] = [0, 0]
  const campaign = await simulateMany(
    { seeds: '1..60', nodes: 4, faults: { crash: 0.1, partition: 0.3 }, swarm: false },
    async (world) => {
      await world.spawn(Room, { name: 'tea' }, { node: 'node-1' })
      const names = ['ada', 'bob', 'cleo', 'dora', 'emil', 'fay']
      for (const name of names) await world.spawn(Member, { name, room: 'tea' })
      await world.sleep(5_000)
      await world.heal()
      await world.sleep(10_000)
      const members = world.view.cells(Member)
      const left = members.map(({ state }) => state.name).sort()
      for (const { state } of members) {
        world.check(String(state.present) === String(left), `${state.name} sees ${state.present}; there are ${left}`)
      }
      survived += left.length
      died += names.length - left.length
    },
  )
  expect(campaign.failures).toEqual([])
  expect(campaign.injected.crash).toBeGreaterThan(50)
  expect(campaign.injected.partition).toBeGreaterThan(50)
  expect(survived).toBeGreaterThan(50)
  expect(died).toBeGreaterThan(50)
})

test('a member whose room is not there says so, and comes in as soon as it is', async () => {
  await simulate({ seed: 1, nodes: 2 }, async (world) => {
    const ada = await world.spawn(Member, { name: 'ada', room: 'tea' })
    await expect(ada.ask('say', 'hello')).rejects.toThrow('ada cannot speak: there is no room tea')
    await world.spawn(Room, { name: 'tea' }, { node: 'node-2' })
    await ada.ask('whenPresent', ['ada'])
    await ada.ask('say', 'hello')
    await ada.ask('whenLine', '<ada> hello')
  })
})

test('a member who could not reach the room tries again', async () => {
  await simulate({ seed: 1, nodes: 2 }, async (world) => {
    await world.spawn(Room, { name: 'tea' }, { node: 'node-1' })
    await world.sleep(1_000)
    const cut = world.partition(['node-1'], ['node-2'])
    const ada = await world.spawn(Member, { name: 'ada', room: 'tea' }, { node: 'node-2' })
    await world.sleep(1_000)
    cut.heal()
    await ada.askWith({ timeoutMs: 10_000 }, 'whenPresent', ['ada'])
  })
})

test('the command prints the conversation and ends', async () => {
  const main = new URL('../src/main.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [main])
  expect(stdout).toBe(
    `ada's screen:\n\n${conversation.map((line) => `  ${line}\n`).join('')}\ncleo saw the same since she came\n`,
  )
})
