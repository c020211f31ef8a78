/** Two actors that count in turn, after Stateright's `PingPongCfg`. */
import { type ActorRef, defineActor } from '@troupe/core'
import type { CheckOptions } from '../check.ts'
import type { StateView } from '../state-view.ts'
import { noSymmetry, program } from './program.ts'

type PongerProtocol = { ping: (count: number) => void }
type PingerProtocol = { pong: (count: number) => void }

const Pinger = defineActor<PingerProtocol>()({
  name: 'Pinger',
  init: (args: { ponger: ActorRef<PongerProtocol> }) => ({ ...args, count: 0 }),
  started(state, ctx) {
    ctx.tell(state.ponger, 'ping', 0)
  },
  on: {
    pong(state, count, ctx) {
      if (count !== state.count) return
      state.count++
      ctx.tell(state.ponger, 'ping', state.count)
    },
  },
})

const Ponger = defineActor<PongerProtocol>()({
  name: 'Ponger',
  init: () => ({ count: 0 }),
  on: {
    ping(state, count, ctx) {
      if (count !== state.count) return
      state.count++
      ctx.tell(ctx.sender as ActorRef<PingerProtocol>, 'pong', count)
    },
  },
})

/** The check of counts up to `max`. */
export function pingPong(max: number) {
  const counts = (view: StateView) => [view.state('pinger').count, view.state('ponger').count] as [number, number]
  return {
    actors: [
      {
        name: 'pinger',
        definition: Pinger,
        args: (ref: (name: string) => ActorRef<any>) => ({ ponger: ref('ponger') }),
      },
      { name: 'ponger', definition: Ponger },
    ],
    network: 'duplicating',
    lossy: true,
    always: {
      'counts differ by at most one': (view: StateView) => Math.abs(counts(view)[0] - counts(view)[1]) <= 1,
    },
    sometimes: {
      'reaches the end': (view: StateView) => counts(view)[0] === max,
      'goes beyond the end': (view: StateView) => Math.max(...counts(view)) > max,
    },
    boundary: (view: StateView) => Math.max(...counts(view)) <= max,
  } satisfies CheckOptions<any>
}

export const pingPongProgram = program({
  name: 'ping-pong',
  what: 'two actors that count in turn',
  parameters: { max: { what: 'the highest count', default: 5, min: 0, max: 1_000 } },
  network: 'duplicating',
  options({ max }, symmetry) {
    if (symmetry) throw noSymmetry('ping-pong', 'one begins')
    return { ...pingPong(max), lossy: false }
  },
})
