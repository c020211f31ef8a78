/** A mutation run in pieces: what a record keeps, where a run goes on, and which records are refused. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigurationError, defineActor, namedRef } from '@troupe/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SimulatedWorld } from '../src/index.ts'
import { type MutateOptions, type MutationSubject, mutate, simulatedSubject } from '../src/mutation/index.ts'

const Counter = defineActor({
  name: 'Counter',
  init: () => ({ count: 0, steps: 0 }),
  events: {
    counted(state, by: number) {
      state.count += by
      state.steps++
    },
  },
  on: {
    count(state, by: number, ctx) {
      ctx.persist('counted', by)
      return state.count
    },
    steps: (state) => state.steps,
  },
})

/** Only every other seed looks at the count after the crash, so that a mutant may need a second one. */
const program = async (world: SimulatedWorld) => {
  const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
  await world.spawn(Counter, undefined, { node: 'node-1', name: 'counter', durableId: 'counter' })
  world.check((await world.ask(counter, 'count', 5)) === 5, 'not 5')
  world.crash('node-1')
  await world.restart('node-1')
  if (world.random.chance(0.5)) world.check((await world.ask(counter, 'count', 0)) === 5, 'not 5 any more')
}

/** The seeds of all runs, in order. */
let ran: number[] = []
const counted = (run: (world: SimulatedWorld) => Promise<void>): MutationSubject => {
  const subject = simulatedSubject({ nodes: 1 }, run)
  return {
    run(seed, replace) {
      ran.push(seed)
      return subject.run(seed, replace)
    },
  }
}
const subject = counted(program)

let folder = ''
let record = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-record-'))
  record = join(folder, 'run.jsonl')
  ran = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const seeds = '1..6'
const verdicts = async (options: Partial<MutateOptions> = {}) => {
  const { results, rate } = await mutate(subject, { seeds, record, ...options })
  return { rate, verdicts: results.map(({ name, verdict }) => [name, verdict]) }
}

test('a run that was stopped goes on where it was, and comes to the same', async () => {
  const whole = await mutate(subject, { seeds })
  const expected = whole.results.map(({ name, verdict }) => [name, verdict])
  expect(expected.length).toBeGreaterThan(3)
  let judged = 0
  const stopped = verdicts({
    onMutant() {
      if (++judged === 3) throw new Error('stopped')
    },
  })
  await expect(stopped).rejects.toThrow('stopped')
  // The fourth was being written.
  appendFileSync(record, '{"name":"Counter.count: ig')
  ran = []
  const progress: (string | undefined)[] = []
  expect(await verdicts({ onRun: ({ mutant }) => progress.push(mutant) })).toEqual({
    rate: whole.rate,
    verdicts: expected,
  })
  // The first seeds of the clean twin, and no mutant that was judged.
  expect(ran.slice(0, 3)).toEqual([1, 2, 3])
  expect(progress.slice(0, 3)).toEqual([undefined, undefined, undefined])
  for (const [name] of expected.slice(0, 3)) expect(progress).not.toContain(name)
  ran = []
  expect(await verdicts()).toEqual({ rate: whole.rate, verdicts: expected })
  expect(ran).toEqual([1, 2, 3])
})

test('a mutant meets those seeds first that killed others', async () => {
  const killed = await mutate(subject, { seeds, record, mutants: ['Counter.count: drop persist counted'] })
  const [result] = killed.results
  const seed = result?.verdict === 'killed' ? result.seed : undefined
  expect(seed).toBeGreaterThan(1)
  ran = []
  const others = await mutate(subject, { seeds, record, mutants: ['Counter: forget count at recovery'] })
  expect(others.results).toMatchObject([{ verdict: 'killed', seed, tried: 1 }])
  expect(ran).toEqual([1, 2, 3, seed])
})

test('judged elsewhere, each result is kept as it comes', async () => {
  const judge = () => Promise.reject(new Error('the thread is gone'))
  await expect(verdicts({ judge })).rejects.toThrow('the thread is gone')
  expect(readFileSync(record, 'utf8').split('\n')).toHaveLength(2)
})

test('a record of other seeds, of another program, or of something else is refused', async () => {
  await verdicts()
  const refused = async (run: Promise<unknown>, message: string) => {
    const error: any = await run.catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toContain(`${record} ${message}`)
  }
  await refused(verdicts({ seeds: '1..7' }), 'is of other seeds')
  const other = counted(async (world) => {
    await program(world)
    await world.sleep(1)
  })
  await refused(mutate(other, { seeds, record }), 'is of a program that did other things')
  for (const text of ['hello\n', '{"seeds":1}\n', 'null\n']) {
    writeFileSync(record, text)
    await refused(verdicts(), 'is no record of a mutation run')
  }
})

test('a clean twin that fails leaves no record', async () => {
  const failing = simulatedSubject({ nodes: 1 }, async (world) => world.check(false, 'never'))
  const { cleanFailures } = await mutate(failing, { seeds: [1], record })
  expect(cleanFailures).toHaveLength(1)
  expect(() => readFileSync(record)).toThrow('no such file')
})

test('a record that cannot be written is refused before anything runs', async () => {
  await expect(mutate(subject, { seeds, record: join(folder, 'gone', 'run.jsonl') })).rejects.toThrow(
    'cannot be written: ENOENT',
  )
  await expect(mutate(subject, { seeds, record: folder })).rejects.toThrow(ConfigurationError)
  expect(ran).toEqual([])
})
