/** Two actors that count in turn, after Stateright's `PingPongCfg`; the counts are those of its tests. */
import { type ActorRef, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { type CheckResult, check, type NetworkKind } from '../src/index.ts'

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

function checkPingPong(countMax: number, network: NetworkKind, lossy: boolean): CheckResult {
  const counts = (view: { state(actor: string): { count: number } }) =>
    [view.state('pinger').count, view.state('ponger').count] as [number, number]
  return check({
    actors: [
      { name: 'pinger', definition: Pinger, args: (ref) => ({ ponger: ref('ponger') }) },
      { name: 'ponger', definition: Ponger },
    ],
    network,
    lossy,
    always: {
      'counts differ by at most one': (view) => {
        const [pinger, ponger] = counts(view)
        return Math.abs(pinger - ponger) <= 1
      },
    },
    sometimes: {
      'reaches the end': (view) => counts(view)[0] === countMax,
      'goes beyond the end': (view) => Math.max(...counts(view)) > countMax,
    },
    boundary: (view) => Math.max(...counts(view)) <= countMax,
  })
}

const expected = {
  complete: true,
  always: { 'counts differ by at most one': 'holds' },
  sometimes: { 'reaches the end': 'holds', 'goes beyond the end': 'fails' },
}

test.each([
  { countMax: 1, network: 'duplicating', lossy: true, distinct: 14 },
  { countMax: 5, network: 'duplicating', lossy: true, distinct: 4_094 },
  { countMax: 5, network: 'non-duplicating', lossy: false, distinct: 11 },
  { countMax: 5, network: 'duplicating', lossy: false, distinct: 11 },
] as const)('up to $countMax, $network, lossy $lossy: $distinct states', ({ countMax, network, lossy, distinct }) => {
  expect(checkPingPong(countMax, network, lossy)).toMatchObject({ ...expected, distinct })
})
