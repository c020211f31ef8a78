/** A conversation of three, on any host with three nodes; the node of one of them dies in the middle of it. */
import type { ActorHandle, ActorSystem, ProtocolOf } from '@troupe/core'
import { Member } from './member.ts'
import { Room } from './room.ts'

/** What stood on the terminals of those who were there to the end. */
export interface Screens {
  readonly ada: readonly string[]
  readonly cleo: readonly string[]
}

/** How long a step may take. */
const timeoutMs = 30_000

/** Holds the conversation; `kill` ends a node as a crash does. */
export async function converse(system: ActorSystem, kill: (node: string) => unknown): Promise<Screens> {
  const [first, second, third] = system.nodes
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('a conversation needs three nodes')
  await system.spawn(Room, { name: 'tea' }, { node: first })
  const enter = (name: string, node: string) => system.spawn(Member, { name, room: 'tea' }, { node })
  const ada = await enter('ada', first)
  await presentAre(ada, 'ada')
  const bob = await enter('bob', second)
  await presentAre(bob, 'ada', 'bob')
  const cleo = await enter('cleo', third)
  for (const member of [ada, bob, cleo]) await presentAre(member, 'ada', 'bob', 'cleo')

  await say(ada, { from: 'ada', text: 'hello, both of you', heardBy: [ada, bob, cleo] })
  await say(bob, { from: 'bob', text: 'hello ada, my thread feels strange', heardBy: [ada, bob, cleo] })
  await kill(second)
  for (const member of [ada, cleo]) await presentAre(member, 'ada', 'cleo')
  await say(cleo, { from: 'cleo', text: 'where is bob?', heardBy: [ada, cleo] })

  const again = await enter('bob', third)
  for (const member of [ada, cleo, again]) await presentAre(member, 'ada', 'bob', 'cleo')
  await say(again, { from: 'bob', text: 'back, on another thread', heardBy: [ada, cleo] })
  await again.ask('leave')
  for (const member of [ada, cleo]) await presentAre(member, 'ada', 'cleo')
  return { ada: await ada.ask('screen'), cleo: await cleo.ask('screen') }
}

type Somebody = ActorHandle<ProtocolOf<typeof Member>>

const presentAre = (member: Somebody, ...names: string[]) => member.askWith({ timeoutMs }, 'whenPresent', names)

async function say(speaker: Somebody, line: { from: string; text: string; heardBy: Somebody[] }): Promise<void> {
  await speaker.ask('say', line.text)
  for (const member of line.heardBy) await member.askWith({ timeoutMs }, 'whenLine', `<${line.from}> ${line.text}`)
}
