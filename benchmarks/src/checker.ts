/**
 * The checker on two-phase commit with 7 managers (296,448 states) and on the Paxos register, beside the plainest search of
 * the same two-phase commit: states as objects, copied by hand, with `JSON.stringify` as the key. Rates are distinct states
 * a second, ours and theirs in turn, since the machine's speed changes by the second.
 */
import { check } from '@troupe/checker'
import { checkParallel } from '@troupe/checker/parallel'
import { programOptions } from '@troupe/checker/programs'
import type { SuiteOptions } from './kernel.ts'
import { type Measured, median, printMeasured } from './measured.ts'

const programsUrl = import.meta.resolve('@troupe/checker/programs')

/** Runs the suite, prints it and returns its lines. */
export async function checkerSuite({ quick }: SuiteOptions): Promise<Measured[]> {
  const rms = quick ? 4 : 7
  const rounds = quick ? 1 : 5
  const alone = (name: string, parameters: Record<string, number>) => () =>
    check(programOptions(name, { parameters }) as any).distinct
  const shared = async () => {
    const source = {
      module: programsUrl,
      name: 'programOptions',
      arguments: ['two-phase-commit', { parameters: { rms } }],
    }
    return (await checkParallel(source, { threads: 2 })).distinct
  }
  const cases: readonly (readonly [string, () => number | Promise<number>])[] = [
    [`two-phase commit, ${rms} managers`, alone('two-phase-commit', { rms })],
    ['the same on two threads', shared],
    ['the same as a model', alone('two-phase-commit-model', { rms: quick ? 3 : 6 })],
    ['Paxos register, 3 servers, 2 clients', alone('paxos-register', quick ? { servers: 2 } : {})],
    ['JSON.stringify search', () => naiveSearch(rms)],
  ]
  console.log('checker')
  const rates = cases.map(() => [] as number[])
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, run]] of cases.entries()) {
      const begun = performance.now()
      const distinct = await run()
      rates[index]?.push((distinct / (performance.now() - begun)) * 1_000)
    }
  }
  const lines = cases.map(([name], index): Measured => {
    const own = rates[index] as number[]
    const perSecond = median(own)
    const marginPercent = ((Math.max(...own) - Math.min(...own)) / 2 / perSecond) * 100
    return { suite: 'checker', name, unit: 'states', perSecond, marginPercent }
  })
  printMeasured(lines)
  return lines
}

interface NaiveState {
  readonly coordinator: 'init' | 'committed' | 'aborted'
  readonly heard: readonly boolean[]
  readonly managers: readonly ('working' | 'prepared' | 'committed' | 'aborted')[]
  readonly prepared: readonly boolean[]
}

/** Breadth first, over actors' steps: a delivery that changes nothing is none. Returns the number of states. */
function naiveSearch(rms: number): number {
  const initial: NaiveState = {
    coordinator: 'init',
    heard: Array(rms).fill(false),
    managers: Array(rms).fill('working'),
    prepared: Array(rms).fill(false),
  }
  const seen = new Set([JSON.stringify(initial)])
  let frontier = [initial]
  while (frontier.length > 0) {
    const found: NaiveState[] = []
    const reach = (state: NaiveState) => {
      const key = JSON.stringify(state)
      if (seen.has(key)) return
      seen.add(key)
      found.push(state)
    }
    for (const state of frontier) {
      const { coordinator, heard, managers, prepared } = state
      if (coordinator === 'init') {
        if (heard.every(Boolean)) reach({ ...state, coordinator: 'committed' })
        reach({ ...state, coordinator: 'aborted' })
      }
      for (let rm = 0; rm < rms; rm++) {
        if (coordinator === 'init' && prepared[rm] && !heard[rm]) reach({ ...state, heard: heard.with(rm, true) })
        if (managers[rm] === 'working') {
          reach({ ...state, managers: managers.with(rm, 'prepared'), prepared: prepared.with(rm, true) })
          reach({ ...state, managers: managers.with(rm, 'aborted') })
        }
        if (coordinator !== 'init' && managers[rm] !== coordinator) {
          reach({ ...state, managers: managers.with(rm, coordinator) })
        }
      }
    }
    frontier = found
  }
  return seen.size
}
