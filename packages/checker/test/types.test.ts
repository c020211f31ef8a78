/** What the compiler refuses in a call of `check`; checked by `tsc -p test`. */
import { type ActorRef, ConfigurationError, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { check } from '../src/index.ts'

const Leaf = defineActor<{ poke: () => void }>()({ name: 'Leaf', init: () => ({}), on: { poke() {} } })
const Branch = defineActor<{ poke: () => void }>()({
  name: 'Branch',
  init: (args: { leaf: ActorRef<{ poke: () => void }>; size: number }) => args,
  on: { poke() {} },
})

test('the arguments of each actor have the type of its init', () => {
  const leaf = { name: 'leaf', definition: Leaf } as const
  const network = 'duplicating'
  const attempts = [
    () =>
      check({
        // @ts-expect-error size must be a number
        actors: [leaf, { name: 'branch', definition: Branch, args: (ref) => ({ leaf: ref('leaf'), size: 'x' }) }],
        network,
      }),
    // @ts-expect-error args are missing
    () => check({ actors: [leaf, { name: 'branch', definition: Branch }], network }),
    () =>
      check({
        actors: [leaf, { name: 'branch', definition: Branch, args: (ref) => ({ leaf: ref('leaf'), size: 1 }) }],
        network,
      }),
  ]
  expect(attempts).toHaveLength(3)
  expect(attempts[2]?.().distinct).toBe(1)
  expect(() => check({ actors: [leaf, leaf], network })).toThrow(ConfigurationError)
})
