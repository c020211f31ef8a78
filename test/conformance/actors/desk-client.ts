/** Services with a life, and an actor that uses them. */
import { type ActorDefinition, type ActorRef, defineActor, defineService, type SpawnOptions } from '@troupe/core'
import { Missing } from './subject.ts'

interface BaseApi {
  /** `node.epoch`. */
  readonly id: string
  failToStop(): void
}

interface DeskApi {
  /** One for each start, and different. */
  readonly id: string
  /** The id of the base that it found when it started. */
  readonly base: string
  count(): number
  /** Resolves when `signal` is aborted, and notes its reason's code. */
  wait(signal: AbortSignal): Promise<void>
  note(text: string): void
  endings(): string[]
  /** Desk and base will fail to stop. */
  failToStop(): void
}

export const Base = defineService<BaseApi>('base')
export const Desk = defineService<DeskApi>('desk')

type Notes = ActorRef<{ note: (text: string) => void }>

type DeskClientProtocol = {
  id: () => string
  base: () => string
  count: () => number
  /** Calls a service that ends with the turn's signal; tells `to` that it does, and afterwards that it did. */
  wait: () => void
  endings: () => string[]
  failToStop: () => void
  failLater: () => void
  spawnFailing: (options: SpawnOptions) => ActorRef<DeskClientProtocol>
  spawnNeedy: () => void
  spawnNeedyOn: (node: string) => string
}

export const DeskClient: ActorDefinition<DeskClientProtocol, { readonly to: Notes }> =
  defineActor<DeskClientProtocol>()({
    name: 'DeskClient',
    module: import.meta.url,
    uses: [Desk],
    init: ({ to }: { readonly to: Notes }) => ({ to }),
    on: {
      id: (_state, _message, ctx) => ctx.use(Desk).id,
      base: (_state, _message, ctx) => ctx.use(Desk).base,
      count: (_state, _message, ctx) => ctx.use(Desk).count(),
      async wait({ to }, _message, ctx) {
        const desk = ctx.use(Desk)
        ctx.tell(to, 'note', 'calling')
        await desk.wait(ctx.signal)
        try {
          ctx.tell(to, 'note', 'called')
        } catch (error) {
          desk.note((error as { code: string }).code)
        }
      },
      endings: (_state, _message, ctx) => ctx.use(Desk).endings(),
      failToStop: (_state, _message, ctx) => ctx.use(Desk).failToStop(),
      failLater() {
        throw new Error('told to')
      },
      spawnFailing: ({ to }, options, ctx) => ctx.spawn(DeskClient, { to }, options),
      spawnNeedy(_state, _message, ctx) {
        ctx.spawn(Needy, undefined)
      },
      async spawnNeedyOn(_state, node, ctx) {
        const error = await ctx.spawnOn(node, Needy, undefined).catch((error) => error)
        return error.code
      },
    },
  })

/** Declares a service that no host is given. */
export const Needy = defineActor({
  name: 'Needy',
  module: import.meta.url,
  uses: [Desk, Missing],
  init: () => ({}),
  on: {},
})
