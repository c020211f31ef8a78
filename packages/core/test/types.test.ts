import { defineActor, type ActorRef, type ProtocolOf, type ActorContext } from '../src/index.ts'
import { expectTypeOf, test } from 'vitest'
declare const ctx: ActorContext
export const Counter = defineActor({
  name: 'Counter',
  module: import.meta.url,
  init: (args: { start: number }) => ({ count: args.start }),
  on: {
    add(state, by: number) { state.count += by },
    read(state) { return state.count },
    tick(state, _m, c) { c.log.info(String(state.count)) },
  },
})
test('x', () => {
expectTypeOf<ProtocolOf<typeof Counter>>().toEqualTypeOf<{ add: (m: number) => void; read: () => number; tick: () => void }>()
})
export const Durable = defineActor({
  name: 'Durable',
  init: () => ({ total: 0 }),
  events: { added(state, by: number) { state.total += by } },
  on: {
    add(_state, by: number, c) { c.persist('added', by); 
      // @ts-expect-error wrong event
      c.persist('addedx', by)
      // @ts-expect-error wrong payload
      c.persist('added', 'x')
    },
  },
})
type Ping = { pong: (m: { from: ActorRef<Pong> }) => void }
type Pong = { ping: (m: { from: ActorRef<Ping> }) => void; stop: () => number }
export const Player = defineActor<Pong>()({
  name: 'Player', module: import.meta.url,
  init: () => ({ hits: 0 }),
  on: { ping(state, m, c) { state.hits++; c.tell(m.from, 'pong', { from: c.self }); c.timers.once({key: 'a', delayMs: 1}, 'stop') }, stop(state) { return state.hits } },
})
const r = ctx.spawn(Player, undefined)
ctx.tell(r, 'stop')
// @ts-expect-error wrong name
ctx.tell(r, 'stopp')
expectTypeOf(ctx.ask(r, 'stop')).toEqualTypeOf<Promise<number>>()
type Tree = { left?: Tree; right?: Tree; v: number }
export const T = defineActor({ name: 'T', init: () => ({}), on: { put(_s, t: Tree) { return t } } })
ctx.spawn(T, undefined)
export const Bad = defineActor({ name: 'Bad', init: () => ({}), on: { put(_s, t: { f: () => void }) { t.f() } } })
// @ts-expect-error
ctx.spawn(Bad, undefined)
interface Sink<V> { got: (m: { value: V }) => void }
interface Stack<V> { push: (v: V) => void; pop: (m: { to: ActorRef<Sink<V>> }) => void }
export function stack<V>() {
  return defineActor<Stack<V>>()({
    name: 'Stack', init: () => ({ items: [] as V[] }),
    on: { push(s, v) { s.items.push(v as V) }, pop(s, m, c) { c.tell(m.to, 'got', { value: s.items.pop()! }) } },
  })
}
const st = ctx.spawn(stack<number>(), undefined)
ctx.tell(st, 'push', 4)
// @ts-expect-error
ctx.tell(st, 'push', 'x')
