/** The services that every host of the suite is given; worker threads import this module. */
import { type PlacementPolicies, provideService, type ServiceContext } from '@troupe/core'
import { Base, Desk } from './actors/desk-client.ts'
import { named } from './actors/oddly-named.ts'

const greeter = { greet: (name: string) => `hello ${name}` }
const later = ({ clock }: ServiceContext) => new Promise<void>((resolve) => void clock.schedule(1, () => resolve()))

/** Ready objects, and two providers that take their time: `desk` needs `base`. */
export const services = {
  greeter,
  ...named(() => greeter),
  desk: provideService(Desk, {
    needs: [Base],
    async start(ctx) {
      await later(ctx)
      const base = ctx.use(Base)
      let calls = 0
      let failing = false
      const endings: string[] = []
      return {
        id: `${ctx.node}.${ctx.epoch} ${ctx.random.int(2 ** 32)}`,
        base: base.id,
        count: () => ++calls,
        wait: (signal: AbortSignal) =>
          new Promise<void>((resolve) => {
            const end = () => {
              endings.push((signal.reason as { code: string }).code)
              resolve()
            }
            if (signal.aborted) end()
            else signal.addEventListener('abort', end)
          }),
        note: (text: string) => void endings.push(text),
        endings: () => [...endings],
        failToStop() {
          failing = true
          base.failToStop()
        },
        get failing() {
          return failing
        },
      }
    },
    stop({ failing }) {
      if (failing) throw new Error('the desk was told to')
    },
  }),
  base: provideService(Base, {
    async start(ctx) {
      await later(ctx)
      let failing = false
      return {
        id: `${ctx.node}.${ctx.epoch}`,
        failToStop() {
          failing = true
        },
        get failing() {
          return failing
        },
      }
    },
    async stop({ failing }) {
      if (failing) throw new Error('the base was told to')
    },
  }),
}

/** Placement policies, likewise: one that works and two that do not. */
export const placement: PlacementPolicies = {
  last: (candidates) => candidates.at(-1) as string,
  nowhere: () => 'no-such-node',
  throwing: () => {
    throw new Error('cannot decide')
  },
}
