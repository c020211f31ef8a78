/** Sections 5 to 7: strategies and kinds of failure, kill, links. */
import { type ActorRef, defineActor, type SystemSpawnOptions } from '@troupe/core'
import { expect } from 'vitest'
import { Careful, Member, type MemberArgs, type MemberProtocol } from '../actors/family.ts'
import { Recorder } from '../actors/recorder.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes } from './support.ts'

const member = (
  { system, node, to }: Bench,
  args: Partial<MemberArgs> & { name: string },
  options?: SystemSpawnOptions,
) => system.spawn(Member, { to, ...args }, { node, ...options })

/** A parent and its children, all started; their notes so far are the first `children.length + 1`. */
async function family(
  bench: Bench,
  children: readonly Parameters<MemberProtocol['spawn']>[0][],
): Promise<{ parent: Awaited<ReturnType<typeof member>>; refs: ActorRef<MemberProtocol>[] }> {
  const parent = await member(bench, { name: 'parent' })
  const refs: ActorRef<MemberProtocol>[] = []
  for (const child of children) refs.push(await parent.ask('spawn', child))
  await notes(bench, children.length + 1)
  return { parent, refs }
}

export const strategies: readonly Case[] = [
  {
    promise: '5.9',
    name: 'one-for-all: the siblings stop in reverse order, all come back in order, mailboxes and watches are kept',
    async check(bench) {
      const { parent, refs } = await family(bench, [
        { name: 'a' },
        { name: 'b', options: { supervise: { strategy: 'one-for-all' } } },
        { name: 'c' },
      ])
      const [a, b, c] = refs as [ActorRef<MemberProtocol>, ActorRef<MemberProtocol>, ActorRef<MemberProtocol>]
      await parent.ask('watch', a)
      await bench.system.ask(c, 'add', 'one')
      bench.system.tell(a, 'hold', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      bench.system.tell(a, 'note', 'waited')
      await expect(bench.system.ask(b, 'fail', 'range')).rejects.toThrow('range')
      bench.gate.tell('open')
      const heard = (await notes(bench, 11)).slice(4)
      expect(heard.filter((note) => note !== 'a waited')).toEqual([
        'c stopped',
        'a was held',
        'a stopped',
        'a started',
        'b started',
        'c started',
      ])
      expect(heard.indexOf('a waited')).toBeGreaterThan(heard.indexOf('a started'))
      expect(await bench.system.ask(c, 'items')).toEqual([])
      await bench.system.stopActor(a)
      expect((await notes(bench, 13)).slice(11)).toEqual(['a stopped', 'parent heard stopped'])
    },
  },
  {
    promise: '5.9',
    name: 'rest-for-one, of the roots of a node: those spawned later',
    async check(bench) {
      const before = await member(bench, { name: 'before' })
      const failing = await member(bench, { name: 'failing' }, { supervise: { strategy: 'rest-for-one' } })
      await notes(bench, 2)
      const after = await member(bench, { name: 'after' })
      await before.ask('add', 'kept')
      await after.ask('add', 'lost')
      await expect(failing.ask('fail', 'range')).rejects.toThrow()
      expect((await notes(bench, 6)).slice(3)).toEqual(['after stopped', 'failing started', 'after started'])
      expect(await before.ask('items')).toEqual(['kept 0'])
      expect(await after.ask('items')).toEqual([])
    },
  },
  {
    promise: '5.9',
    name: 'a directive that ends the actor ends the siblings that its strategy treats',
    async check(bench) {
      const { refs } = await family(bench, [
        { name: 'a' },
        { name: 'b' },
        { name: 'c', options: { supervise: { strategy: 'one-for-all', onFailure: 'stop' } } },
      ])
      await expect(bench.system.ask(refs[2]!, 'fail', 'range')).rejects.toThrow()
      expect((await notes(bench, 7)).slice(4)).toEqual(['c stopped', 'b stopped', 'a stopped'])
    },
  },
  {
    promise: '5.10',
    name: 'only the budget of the one that failed is charged',
    async check(bench) {
      const supervise = { maxRestarts: 1, withinMs: 60_000 }
      const { refs } = await family(bench, [
        { name: 'a', options: { supervise: { ...supervise, maxRestarts: 3, strategy: 'one-for-all' } } },
        { name: 'b', options: { supervise } },
      ])
      const [a, b] = refs as [ActorRef<MemberProtocol>, ActorRef<MemberProtocol>]
      for (let count = 0; count < 3; count++) await expect(bench.system.ask(a, 'fail', 'range')).rejects.toThrow()
      await expect(bench.system.ask(b, 'fail', 'range')).rejects.toThrow()
      expect(await bench.system.ask(b, 'items')).toEqual([])
    },
  },
  {
    promise: '5.11',
    name: 'a directive by kind of failure; a definition has defaults, which a spawn overrides part by part',
    async check(bench) {
      const { system, node, gate } = bench
      const careful = await system.spawn(Careful, undefined, { node })
      await careful.ask('turns')
      await expect(careful.ask('fail', 'range')).rejects.toThrow('range')
      expect(await careful.ask('turns')).toBe(2)
      await expect(careful.ask('fail', 'type')).rejects.toThrow('type')
      await expect(careful.ask('turns')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      const other = await system.spawn(Careful, undefined, { node, supervise: { onFailure: 'restart' } })
      await other.ask('turns')
      await expect(other.ask('fail', 'range')).rejects.toThrow('range')
      expect(await other.ask('turns')).toBe(1)
      // The definition's mailbox holds one message.
      other.tell('hold', gate.ref)
      await gate.ask('arrived', 1)
      const overloaded = nextEvent(bench, 'deadLetter', ({ reason }) => reason === 'overload')
      for (let count = 0; count < 2; count++) other.tell('turns')
      expect(await overloaded).toMatchObject({ name: 'turns' })
      gate.tell('open')
    },
  },
  {
    promise: '5.11',
    name: 'malformed supervision is refused by name',
    async check(bench) {
      const onFailure = { RangeError: 'explode' as never }
      await expect(member(bench, { name: 'm' }, { supervise: { onFailure } })).rejects.toThrow(
        /supervise\.onFailure\.RangeError/,
      )
      expect(() =>
        defineActor({ name: 'Bad', init: () => 0, on: {}, supervise: { strategy: 'all' as never } }),
      ).toThrow(/actor Bad: supervise\.strategy/)
    },
  },
  {
    promise: '5.12',
    name: 'a timer, `terminated`, `init` of a restart and `stopped` fail as turns do',
    async check(bench) {
      const failed = (message: string) => nextEvent(bench, 'failure', (failure) => failure.message === message)
      const timer = await member(bench, { name: 'timer' })
      let failure = failed('fail')
      timer.tell('remind')
      expect(await failure).toMatchObject({ directive: 'restart', error: expect.any(TypeError) })
      const mortal = await member(bench, { name: 'mortal', fails: 'stopped' })
      const watcher = await member(bench, { name: 'watcher', fails: 'terminated' })
      await watcher.ask('watch', mortal.ref)
      failure = failed('stopped')
      const terminated = failed('terminated')
      await mortal.stop()
      expect(await failure).toMatchObject({ directive: 'stop', actor: expect.stringMatching(/Member-\d+$/) })
      expect(await terminated).toMatchObject({ directive: 'restart' })
      const again = await member(bench, { name: 'again', fails: 'init again' })
      failure = nextEvent(bench, 'failure', ({ error }) => error.message === 'init failed')
      await expect(again.ask('fail', 'range')).rejects.toThrow('range')
      expect(await failure).toMatchObject({ message: 'started', directive: 'restart' })
      expect(await again.ask('items')).toEqual([])
    },
  },
  {
    promise: '5.13',
    name: 'rollback: a turn that fails, before or after an await, leaves the state as it was',
    async check(bench) {
      const actor = await member(bench, { name: 'm' }, { supervise: { onFailure: 'resume', rollback: true } })
      await actor.ask('add', 'one')
      for (const later of [false, true]) {
        await expect(actor.ask('addThenFail', { item: 'two', later })).rejects.toThrow('after the change')
        expect(await actor.ask('items')).toEqual(['one 0'])
      }
      await actor.ask('add', 'three')
      expect(await actor.ask('items')).toEqual(['one 0', 'three 1'])
    },
  },
]

export const kills: readonly Case[] = [
  {
    promise: '6.4',
    name: 'children stop one after the other, the last spawned first',
    async check(bench) {
      const { parent } = await family(bench, [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
      await parent.stop()
      expect((await notes(bench, 8)).slice(4)).toEqual(['c stopped', 'b stopped', 'a stopped', 'parent stopped'])
    },
  },
  {
    promise: '6.5',
    name: 'kill: at once, without `stopped`, with the children; what runs has no effect, what waits is dead letters',
    async check(bench) {
      const { parent, refs } = await family(bench, [{ name: 'child' }])
      const watcher = await member(bench, { name: 'watcher' })
      await watcher.ask('watch', parent.ref)
      await watcher.ask('watch', refs[0]!)
      const held = expect(parent.ask('hold', bench.gate.ref)).rejects.toMatchObject({
        code: 'ERR_TROUPE_ACTOR_STOPPED',
      })
      await bench.gate.ask('arrived', 1)
      const waiting = expect(parent.ask('items')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      await parent.kill()
      await Promise.all([held, waiting])
      bench.gate.tell('open')
      expect((await notes(bench, 5)).slice(2)).toEqual([
        'watcher started',
        'watcher heard killed',
        'watcher heard killed',
      ])
      await watcher.ask('note', 'is last')
      expect(await bench.recorder.ask('notes')).toHaveLength(6)
    },
  },
  {
    promise: '6.5',
    name: 'an actor kills itself right after its turn, another on any node',
    async check(bench) {
      const watcher = await member(bench, { name: 'watcher' })
      const self = await member(bench, { name: 'self' })
      const other = await member(bench, { name: 'other' }, { node: bench.otherNode })
      // Notes of different senders have no order: all that have started have said so before one is killed.
      await notes(bench, 3)
      await watcher.ask('watch', self.ref)
      expect(await self.ask('killSelf')).toBe('the turn was over first')
      await notes(bench, 4)
      await watcher.ask('watch', other.ref)
      watcher.tell('kill', other.ref)
      expect((await notes(bench, 5)).slice(3)).toEqual(['watcher heard killed', 'watcher heard killed'])
    },
  },
]

export const links: readonly Case[] = [
  {
    promise: '7.7',
    name: 'a failure and a kill end the other side as failed, in both directions; between nodes too',
    async check(bench) {
      const supervise = { onFailure: 'stop' } as const
      const watcher = await member(bench, { name: 'watcher' })
      const pair = async (linker: string, linked: string) => {
        const one = await member(bench, { name: linker }, { supervise })
        const two = await member(bench, { name: linked }, { supervise, node: bench.otherNode })
        await watcher.ask('watch', one.ref)
        await watcher.ask('watch', two.ref)
        await one.ask('link', two.ref)
        await one.ask('reach', two.ref)
        await watcher.ask('reach', two.ref)
        return { one, two }
      }
      const killed = await pair('a', 'b')
      await killed.two.kill()
      const first = (await notes(bench, 6)).slice(3)
      expect(first.toSorted()).toEqual(['a stopped', 'watcher heard failed', 'watcher heard killed'])
      const failing = await pair('c', 'd')
      const ended = nextEvent(bench, 'failure', ({ message }) => message === 'link')
      await expect(failing.one.ask('fail', 'range')).rejects.toThrow()
      const second = (await notes(bench, 12)).slice(8)
      expect(second.toSorted()).toEqual(['c stopped', 'd stopped', 'watcher heard failed', 'watcher heard failed'])
      expect(await ended).toMatchObject({ directive: 'stop', error: { code: 'ERR_TROUPE_LINKED_ACTOR' } })
    },
  },
  {
    promise: '7.7',
    name: 'a plain stop does not spread, a restart keeps the link, and an actor that is not there ends the linker',
    async check(bench) {
      const one = await member(bench, { name: 'one' })
      const two = await member(bench, { name: 'two' })
      await one.ask('link', two.ref)
      await two.stop()
      const three = await member(bench, { name: 'three' })
      await one.ask('link', three.ref)
      await expect(one.ask('fail', 'range')).rejects.toThrow()
      await expect(three.ask('fail', 'range')).rejects.toThrow()
      expect(await one.ask('items')).toEqual([])
      await three.kill()
      await bench.system.terminated(one.ref)
      const last = await member(bench, { name: 'last' })
      const watcher = await member(bench, { name: 'watcher' })
      await watcher.ask('watch', last.ref)
      last.tell('link', two.ref)
      const heard = await notes(bench, 11)
      expect(heard.at(-1)).toBe('watcher heard failed')
    },
  },
  {
    promise: '7.8',
    name: 'after unlink, by either side, nothing spreads',
    async check(bench) {
      const one = await member(bench, { name: 'one' })
      const two = await member(bench, { name: 'two' })
      await one.ask('link', two.ref)
      await two.ask('unlink', one.ref)
      await two.kill()
      expect(await one.ask('items')).toEqual([])
    },
  },
  {
    promise: '7.9',
    name: 'the death of a node ends those linked to its actors, once',
    needs: ['several nodes', 'node crash'],
    async check(bench) {
      const { system, node, otherNode } = bench
      const safe = await system.spawn(Recorder, undefined, { node: otherNode })
      const supervise = { onFailure: 'stop' } as const
      const linker = await member(bench, { name: 'linker', to: safe.ref }, { node: otherNode, supervise })
      const watcher = await member(bench, { name: 'watcher', to: safe.ref }, { node: otherNode })
      const linked = await member(bench, { name: 'linked', to: safe.ref }, { node, supervise })
      await watcher.ask('watch', linker.ref)
      await linker.ask('link', linked.ref)
      await linker.ask('reach', linked.ref)
      await safe.ask('when', 3)
      await bench.crash?.()
      expect((await safe.ask('when', 5)).slice(3)).toEqual(['linker stopped', 'watcher heard failed'])
    },
  },
]
