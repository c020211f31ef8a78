/**
 * The checker on two-phase commit with 7 managers (296,448 states) and on the Paxos register, beside two plain searches with
 * `JSON.stringify` as the key: over the same actors, and over a hand-made encoding of this one protocol. Rates are distinct
 * states a second, each case in turn, since the machine's speed changes by the second. Then what a state takes in memory, and
 * how long the recorded histories take.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type CheckOptions, check, checkHistoryText } from '@troupe/checker'
import { checkParallel } from '@troupe/checker/parallel'
import { programOptions } from '@troupe/checker/programs'
import { defineActor } from '@troupe/core'
import { createSystem } from '@troupe/threads'
import type { SuiteOptions } from './kernel.ts'
import { leanSearch } from './lean-search.ts'
import { type Measured, median, printMeasured } from './measured.ts'
import { naiveActorSearch } from './naive-actor-search.ts'
import { ThreadLimit } from './thread-limit.ts'

/** Searches on one and on two threads before the first that count. */
const warmingRounds = 4
const programsUrl = import.meta.resolve('@troupe/checker/programs')
const histories = new URL('../../test/data/histories/', import.meta.url)

/** One row: what it is called, how it is run, and in how many rounds at most. */
interface Case {
  readonly name: string
  readonly run: () => number | Promise<number>
  readonly roundsMax?: number
}

/** Runs the suite, prints it and returns its lines. */
export async function checkerSuite({ quick }: SuiteOptions): Promise<Measured[]> {
  const rms = quick ? 4 : 7
  const rounds = quick ? 1 : 7
  const alone = (name: string, parameters: Record<string, number>) => () =>
    check(programOptions(name, { parameters }) as any).distinct
  const source = {
    module: programsUrl,
    name: 'programOptions',
    arguments: ['two-phase-commit', { parameters: { rms } }],
  }
  await using limit = new ThreadLimit()
  await using system = await createSystem({ threads: 1, log: 'none' })
  const modelRms = quick ? 3 : 7
  const cases: readonly Case[] = [
    { name: `two-phase commit, ${rms} managers`, run: alone('two-phase-commit', { rms }) },
    { name: 'on two threads', run: async () => (await checkParallel(source, { system })).distinct },
    {
      name: 'on two threads, one started for it',
      run: async () => (await checkParallel(source, { threads: 2 })).distinct,
    },
    { name: `as a model, ${modelRms} managers`, run: alone('two-phase-commit-model', { rms: modelRms }), roundsMax: 3 },
    { name: 'Paxos register, 3 servers, 2 clients', run: alone('paxos-register', quick ? { servers: 2 } : {}) },
    { name: 'an actor of 1,000 entries', run: () => check(ledger(quick, false)).distinct, roundsMax: 3 },
    { name: 'on drafts', run: () => check(ledger(quick, true)).distinct, roundsMax: 3 },
    { name: 'lean search', run: () => leanSearch(rms) },
    {
      name: 'JSON.stringify search',
      run: () => naiveActorSearch(programOptions('two-phase-commit', { parameters: { rms } }) as any),
      roundsMax: 1,
    },
  ]
  console.log('checker')
  // Each thread compiles for itself, and is done with that after some searches: what is measured is what a long search does.
  for (let round = 0; round < (quick ? 0 : warmingRounds); round++) for (const { run } of cases.slice(0, 2)) await run()
  const rates = cases.map(() => [] as number[])
  const limits: { readonly computing: number; readonly memory: number }[] = []
  for (let round = 0; round < rounds; round++) {
    limits.push({ computing: await limit.gain('computing'), memory: await limit.gain('memory') })
    for (const [index, { run, roundsMax = rounds }] of cases.entries()) {
      if (round >= roundsMax) continue
      const begun = performance.now()
      const distinct = await run()
      rates[index]?.push((distinct / (performance.now() - begun)) * 1_000)
    }
  }
  const lines = cases.map(({ name }, index): Measured => {
    const own = rates[index] as number[]
    const perSecond = median(own)
    const marginPercent = ((Math.max(...own) - Math.min(...own)) / 2 / perSecond) * 100
    return { suite: 'checker', name, unit: 'states', perSecond, marginPercent }
  })
  printMeasured(lines)
  const [one, two] = rates as [number[], number[]]
  const gains = two.map((rate, round) => rate / (one[round] as number))
  const spread = (values: readonly number[]) =>
    `${median([...values]).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`
  console.log(`  two threads are ${spread(gains)} x as fast as one: the median of ${gains.length} rounds`)
  const bare = (['computing', 'memory'] as const).map((kind) => `${kind} ${spread(limits.map((of) => of[kind]))}`)
  console.log(`  two bare loops with nothing in common, in the same rounds: ${bare.join(', ')}`)
  printMemory(`two-phase commit, ${rms} managers`, 'two-phase-commit', { rms })
  printMemory('Paxos register with its history', 'paxos-register', quick ? { servers: 2 } : {})
  printHistories()
  return lines
}

const Ledger = defineActor<{ book: () => void }>()({
  name: 'Ledger',
  init: ({ turns }: { turns: number }) => ({
    turns,
    accounts: new Map(
      Array.from({ length: 1_000 }, (_, index) => [`account ${index}`, { balance: 0, owner: `${index}` }]),
    ),
  }),
  started: (_state, ctx) => ctx.timers.fixedRate({ key: 'book', periodMs: 1 }, 'book'),
  on: {
    book(state, _message, ctx) {
      state.turns--
      const account = state.accounts.get(`account ${(state.turns * 7) % 1_000}`)
      if (account !== undefined) account.balance++
      if (state.turns === 0) ctx.timers.cancelAll()
    },
  },
})

/** One actor with a large state, of which a turn changes one entry. */
function ledger(quick: boolean, drafts: boolean) {
  return {
    actors: [{ name: 'ledger', definition: Ledger, args: { turns: quick ? 20 : 300 } }],
    network: 'unordered',
    drafts,
  } satisfies CheckOptions<any>
}

function printMemory(name: string, program: string, parameters: Record<string, number>): void {
  const script = fileURLToPath(new URL('checker-memory.ts', import.meta.url))
  const output = execFileSync(process.execPath, ['--expose-gc', script, program, JSON.stringify(parameters)])
  const { distinct, bytesPerState } = JSON.parse(output.toString())
  console.log(`  ${name}: ${bytesPerState} bytes a state, of ${distinct.toLocaleString('en-US')}`)
}

/** All recorded histories in one thread, each checked once: what a first check takes, while the code is cold. */
function printHistories(): void {
  const files = Object.keys(JSON.parse(readFileSync(new URL('expected.json', histories), 'utf8')))
  const texts = files.map((file) => [file, readFileSync(new URL(file, histories), 'utf8')] as const)
  const begun = performance.now()
  for (const [file, text] of texts) checkHistoryText(file.startsWith('kv/') ? 'kv' : 'register', text)
  const seconds = (performance.now() - begun) / 1_000
  console.log(`  ${files.length} recorded histories decided in ${seconds.toFixed(2)} s`)
}
