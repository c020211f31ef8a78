/** What the compiler refuses in a call of `check`; checked by `tsc -p test`. */
import { type ActorRef, ConfigurationError, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { check, checkAsync } from '../src/index.ts'

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

test('the state of an actor that is named by a literal has the type of its definition', () => {
  const result = check({
    actors: [
      { name: 'leaf', definition: Leaf },
      { name: 'branch', definition: Branch, args: (ref) => ({ leaf: ref('leaf'), size: 1 }) },
    ],
    network: 'ordered',
    always: {
      'size is 1': (view) => view.state('branch').size === 1,
      // @ts-expect-error a branch has no sise
      'a member that there is not': (view) => view.state('branch').sise === undefined,
      // @ts-expect-error nor has what is on its disk
      'nor is it synced': (view) => view.synced('branch').sise === undefined,
      'a type of one’s own': (view) => view.state<{ sise?: number }>('branch').sise === undefined,
    },
  })
  expect(Object.values(result.always)).toEqual(['holds', 'holds', 'holds', 'holds'])
})

test('a state is of any type where the name is not known to the compiler', () => {
  const [name, prefix]: string[] = ['branch', 'br']
  const result = check({
    actors: [
      { name: 'leaf', definition: Leaf },
      { name: name!, definition: Branch, args: (ref) => ({ leaf: ref('leaf'), size: 1 }) },
    ],
    network: 'ordered',
    always: {
      'the size is 1': (view) => view.state(name!).size === 1,
      'the size is 1, too': (view) => view.state(`${prefix}anch`).size === 1,
      'and so it is': (view) => view.state('branch').size === 1,
    },
  })
  expect(Object.values(result.always)).toEqual(['holds', 'holds', 'holds'])
})

test('checkAsync types states, too', async () => {
  const checked = checkAsync({
    actors: [{ name: 'leaf', definition: Leaf }],
    network: 'ordered',
    // @ts-expect-error a leaf has no size
    sometimes: { 'it has no size': (view) => view.state('leaf').size === undefined },
  })
  expect((await checked).sometimes).toEqual({ 'it has no size': 'holds' })
})
