/** What the compiler refuses of keys, registrations, subscriptions and groups. */
import { expect, expectTypeOf, test } from 'vitest'
import {
  type ActorKey,
  type ActorRef,
  actorKey,
  defineActor,
  group,
  type ProtocolOf,
  receptionist,
} from '../src/index.ts'

const Shard = defineActor({ name: 'Shard', init: () => ({}), on: { search: (_state, _text: string) => 1 } })
const Search = actorKey('search', Shard)

test('a key has the protocol of its definition, and says who may stand under it', () => {
  expectTypeOf(Search).toEqualTypeOf<ActorKey<ProtocolOf<typeof Shard>>>()
  expect(() => actorKey('')).toThrow(expect.objectContaining({ code: 'ERR_TROUPE_CONFIGURATION' }))

  type Protocol = { found: (shards: readonly ActorRef<ProtocolOf<typeof Shard>>[]) => void; other: (n: number) => void }
  const Seeker = defineActor<Protocol>()({
    name: 'Seeker',
    init: () => ({}),
    async started(_state, ctx) {
      receptionist.subscribe(ctx, Search, 'found')
      // @ts-expect-error: `other` takes a number, not the list
      receptionist.subscribe(ctx, Search, 'other')
      // @ts-expect-error: no such message
      receptionist.subscribe(ctx, Search, 'none')
      // @ts-expect-error: a reference to an actor of another protocol
      receptionist.register(ctx, Search, ctx.self as ActorRef<{ other: () => void }>)
      group.broadcast(ctx, Search, 'search', 'text')
      // @ts-expect-error: the payload is a text
      group.broadcast(ctx, Search, 'search', 1)
      expectTypeOf(await receptionist.find(ctx, Search)).toEqualTypeOf<readonly ActorRef<ProtocolOf<typeof Shard>>[]>()
    },
    on: { found() {}, other() {} },
  })
  expect(Seeker.name).toBe('Seeker')
})
