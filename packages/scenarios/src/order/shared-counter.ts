/** A counter that two actors raise by one: with the mistake they read it and write it back, and one raise is lost. */
import { type ActorRef, defineActor } from '@troupe/core'
import { simulatedScenario } from '../simulated-scenario.ts'
import { type HopProtocol, hops, quietMs } from './hop.ts'

const module = import.meta.url

const Register = defineActor({
  name: 'Register',
  module,
  init: () => ({ value: 0 }),
  on: {
    get: (state) => state.value,
    set(state, value: number) {
      state.value = value
      return true
    },
    add(state, by: number) {
      state.value += by
      return true
    },
  },
})

const Incrementer = defineActor({
  name: 'Incrementer',
  module,
  init: (args: { register: ActorRef<any>; isTwin: boolean }) => args,
  on: {
    async begin({ register, isTwin }, _message: undefined, ctx): Promise<void> {
      if (isTwin) await ctx.ask(register, 'add', 1)
      else await ctx.ask(register, 'set', ((await ctx.ask(register, 'get')) as number) + 1)
    },
  },
})

export const sharedCounter = simulatedScenario({
  name: 'shared-counter',
  what: 'two actors raise a counter by one',
  nodes: { default: 4, min: 4, max: 4 },
  bugs: new Map([['lost-update', 'two actors read a counter, add one and write it back, with an ask each']]),
  program: (bug) => async (world) => {
    const isTwin = bug === undefined
    const register = await world.spawn(Register, undefined, { node: 'node-1' })
    const args = { register: register.ref, isTwin }
    const one = await world.spawn(Incrementer, args, { node: 'node-2' })
    const other = await world.spawn(Incrementer, args, { node: 'node-3' })
    const [first, ...over] = await hops(world, ['node-4', 'node-2', 'node-4', 'node-1', 'node-4', 'node-2', 'node-4'])
    one.tell('begin', undefined)
    world.tell(first as ActorRef<HopProtocol>, 'pass', { over, to: other.ref, message: 'begin' })
    await world.sleep(quietMs)
    const value = await register.ask('get')
    world.check(value === 2, `an update was lost: the counter is ${value}`)
  },
})
