/**
 * Shrinking: takes away whatever a failing run does not need to fail in the same way. Parameters, nodes, faults of every
 * kind, late deliveries and choices out of the plain order become fewer, by delta debugging where they are lists, until a
 * whole round finds nothing more or the runs are used up. It is a function of the saved run: the same one shrinks to the same.
 */

import { createHash } from 'node:crypto'
import { ConfigurationError } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, shownValue } from '@troupe/core/host'
import { minimize } from './delta-debugging.ts'
import type { PlannedDelivery, RunPlan } from './run-plan.ts'
import { lateDeliveries, type RunRecord } from './run-record.ts'
import { failureKind, type SavedBranch, type SavedOptions, type SavedRun, saveFailure } from './saved-run.ts'
import type { SimulationProgram } from './simulate.ts'
import type { SimulationFailure } from './simulation-errors.ts'
import { givenScenario, type ScenarioParameters, type SimulationScenario } from './simulation-scenario.ts'

/** How far shrinking goes. */
export interface ShrinkOptions {
  /** Runs that it may take, the first included; a whole number from 1. Default 1,000. */
  readonly runsMax?: number
  /** Called after each run that failed in the same way with less. */
  readonly onSmaller?: (size: RunSize, runs: number) => void
}

const known: KnownOptions<ShrinkOptions> = { runsMax: true, onSmaller: true }

/** How large a run is. */
export interface RunSize {
  /** Faults that struck, of all kinds. */
  readonly faults: number
  readonly nodes: number
  /** Steps until the failure. */
  readonly events: number
  /** Frames that arrived on another node, and those among the sent ones that took the time drawn for them, not the mean. */
  readonly deliveries: number
  readonly late: number
  /** Choices of the schedule out of the plain order; none under the random one. */
  readonly deviations: number
  readonly virtualMs: number
  /** For each number among the parameters itself, for each list its length. */
  readonly parameters: Readonly<Record<string, number>>
}

/** What shrinking came to. */
export interface Shrinking {
  /** The smallest failing run that was found. */
  readonly saved: SavedRun
  /** Its failure: of the same kind as that of the run that was shrunk. */
  readonly failure: SimulationFailure
  /** What went wrong in it. */
  readonly record: RunRecord
  readonly before: RunSize
  readonly after: RunSize
  /** Runs that it took. */
  readonly runs: number
  /** True when the runs were used up before nothing more could be taken away. */
  readonly exhausted: boolean
}

/** A smaller run is given so many times the steps of the saved one, and these on top, to fail. */
const stepsFactor = 10
const stepsMore = 10_000

interface Candidate {
  readonly plan: RunPlan
  readonly parameters: ScenarioParameters
  readonly nodes: SavedOptions['nodes']
  readonly branches: readonly SavedBranch[]
}

/** Shrinks a saved run of `program`; rejects with a `ConfigurationError` when it does not fail as it was saved. */
export async function shrink(
  saved: SavedRun,
  program: SimulationScenario | SimulationProgram,
  options: ShrinkOptions = {},
): Promise<Shrinking> {
  refuseUnknownOptions('shrink', options, known)
  const { runsMax = 1_000 } = options
  if (!Number.isInteger(runsMax) || runsMax < 1) {
    throw new ConfigurationError(`runsMax must be a whole number from 1, got ${shownValue(runsMax)}`)
  }
  const shrinker = new Shrinker(saved, givenScenario(program), runsMax, options.onSmaller)
  return await shrinker.run()
}

class Shrinker {
  readonly #saved: SavedRun
  readonly #scenario: SimulationScenario
  readonly #runsMax: number
  readonly #onSmaller: ShrinkOptions['onSmaller']
  #best: Candidate
  #found!: { saved: SavedRun; failure: SimulationFailure; record: RunRecord }
  #runs = 0
  #isExhausted = false
  /** Candidates that were tried, so that none is run twice; by digests, since a plan may be long. */
  readonly #tried = new Set<string>()
  #bestKey = ''

  constructor(saved: SavedRun, scenario: SimulationScenario, runsMax: number, onSmaller: ShrinkOptions['onSmaller']) {
    this.#saved = saved
    this.#scenario = scenario
    this.#runsMax = runsMax
    this.#onSmaller = onSmaller
    const { plan, program, options, branches = [] } = saved
    this.#best = { plan, parameters: program.parameters, nodes: options.nodes, branches }
  }

  async run(): Promise<Shrinking> {
    if (!(await this.#try(this.#best))) {
      throw new ConfigurationError(`the saved run of seed ${this.#saved.seed} does not fail as it was saved: replay it`)
    }
    const before = this.#size()
    let last: Candidate | undefined
    while (last !== this.#best && !this.#isExhausted) {
      last = this.#best
      await this.#round()
    }
    const { saved, failure, record } = this.#found
    return { saved, failure, record, before, after: this.#size(), runs: this.#runs, exhausted: this.#isExhausted }
  }

  async #round(): Promise<void> {
    const { virtualMs } = this.#found.failure.facts
    const { strikes } = this.#found.record.plan
    await this.#change({ faults: [], strikes: [], traits: [] })
    const faults = this.#best.plan.faults.filter(({ atMs }) => atMs <= virtualMs)
    await this.#change({ faults, ...(this.#best.plan.strikes.length === 0 ? {} : { strikes }) })
    await this.#shrinkParameters()
    await this.#shrinkNodes()
    await minimize(this.#best.branches, (some) => this.#try({ ...this.#best, branches: some }))
    await minimize(this.#best.plan.faults, (some) => this.#change({ faults: some }))
    await minimize(this.#best.plan.strikes, (some) => this.#change({ strikes: some }))
    await minimize(this.#best.plan.traits, (some) => this.#change({ traits: some }))
    await minimize(this.#best.plan.scripted ?? [], (some) => this.#change({ scripted: some }))
    await minimize(this.#found.record.deviations, (some) => this.#change({ deviations: some }))
    await this.#shrinkLateness()
    await this.#makeEarlier()
  }

  /** Late deliveries: none, else those of some links, else some of those links. */
  async #shrinkLateness(): Promise<void> {
    const links = this.#found.record.links.map(({ from, to }): PlannedDelivery => ({ from, to }))
    if (this.#best.plan.late === undefined && !(await this.#change({ late: links }))) return
    await minimize(this.#best.plan.late ?? [], (some) => this.#change({ late: some }))
    for (const link of this.#best.plan.late?.filter(({ nth }) => nth === undefined) ?? []) {
      const others = this.#best.plan.late?.filter((late) => late !== link) ?? []
      const each = Array.from({ length: this.#framesOf(link) }, (_, index) => ({ ...link, nth: index + 1 }))
      await minimize(each, (some) => this.#change({ late: [...others, ...some] }))
    }
  }

  #framesOf({ from, to }: PlannedDelivery): number {
    return this.#found.record.links.find((link) => link.from === from && link.to === to)?.frames ?? 0
  }

  /** A fault that strikes earlier needs less to come before it, which the next round takes away. */
  async #makeEarlier(): Promise<void> {
    const earlier = this.#best.plan.faults.length
    for (let index = 0; index < earlier; index++) {
      for (let atMs = this.#best.plan.faults[index]!.atMs / 2; atMs > 1; atMs /= 2) {
        const { faults } = this.#best.plan
        if (!(await this.#change({ faults: faults.with(index, { ...faults[index]!, atMs: Math.round(atMs) }) }))) break
      }
    }
    for (let index = 0; index < this.#best.plan.strikes.length; index++) {
      const latest = this.#best.plan.strikes[index]!.nth
      for (let nth = 1; nth < latest; nth *= 2) {
        const { strikes } = this.#best.plan
        if (await this.#change({ strikes: strikes.with(index, { ...strikes[index]!, nth }) })) break
      }
    }
  }

  /** First fewer, then those that are needed by name. */
  async #shrinkNodes(): Promise<void> {
    const { nodes = 1 } = this.#best
    const { nodesMin = 1 } = this.#scenario
    if (typeof nodes === 'number') {
      for (let fewer = nodesMin; fewer < nodes; fewer++) if (await this.#try({ ...this.#best, nodes: fewer })) return
    }
    const names = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, index) => `node-${index + 1}`) : nodes
    if (names.length <= nodesMin) return
    await minimize(names, async (some) => some.length >= nodesMin && (await this.#try({ ...this.#best, nodes: some })))
  }

  async #shrinkParameters(): Promise<void> {
    const { least = {} } = this.#scenario
    for (const [name, value] of Object.entries(this.#best.parameters)) {
      const attempt = (smaller: unknown) =>
        this.#try({ ...this.#best, parameters: { ...this.#best.parameters, [name]: smaller } })
      if (Array.isArray(value)) {
        const shortest = least[name] ?? 0
        await minimize(value, async (some) => some.length >= shortest && (await attempt(some)))
      } else if (typeof value === 'number' && Number.isInteger(value)) {
        let low = least[name] ?? 1
        let high = value
        // Fewer of something need not fail where more and the least do.
        if (low < high && (await attempt(low))) continue
        while (low < high) {
          const middle = Math.floor((low + high) / 2)
          if (await attempt(middle)) high = middle
          else low = middle + 1
        }
      }
    }
  }

  #change(change: Partial<RunPlan>): Promise<boolean | undefined> {
    return this.#try({ ...this.#best, plan: { ...this.#best.plan, ...change } })
  }

  /** Whether the candidate fails in the same way; then it is the best so far. `undefined`: the runs are used up. */
  async #try(candidate: Candidate): Promise<boolean | undefined> {
    const key = createHash('sha256').update(JSON.stringify(candidate)).digest('base64')
    if (this.#tried.has(key)) return key === this.#bestKey
    if (this.#runs >= this.#runsMax) {
      this.#isExhausted = true
      return undefined
    }
    this.#tried.add(key)
    this.#runs++
    const { seed, options, program } = this.#saved
    const { plan, parameters, nodes, branches } = candidate
    const here = { ...options, ...(nodes === undefined ? {} : { nodes }) }
    const found = await saveFailure(this.#scenario, {
      seed,
      parameters,
      plan,
      branches,
      program,
      options: { ...here, ...this.#limits() },
    })
    if (found === undefined || failureKind(found.failure) !== this.#saved.failure.kind) return false
    this.#best = candidate
    this.#bestKey = key
    this.#found = { ...found, saved: { ...found.saved, options: here } }
    this.#onSmaller?.(this.#size(), this.#runs)
    return true
  }

  /** A run that went on for much longer than the saved one, and has not failed, is given up; unless it is to hang. */
  #limits(): { readonly eventsMax?: number } {
    const { kind, step } = this.#saved.failure
    const { eventsMax = Number.POSITIVE_INFINITY } = { ...this.#scenario.options, ...this.#saved.options }
    return kind.startsWith('limit') ? {} : { eventsMax: Math.min(eventsMax, stepsFactor * step + stepsMore) }
  }

  #size(): RunSize {
    const { record, failure } = this.#found
    const { nodes = 1, parameters } = this.#best
    const { strikes, scripted = [] } = record.plan
    const injected = Object.values(record.injected).reduce((sum, count) => sum + count, 0)
    const points = strikes.filter(({ kind }) => kind === 'faultPoint').length
    const sizes: Record<string, number> = {}
    for (const [name, value] of Object.entries(parameters)) {
      if (typeof value === 'number') sizes[name] = value
      else if (Array.isArray(value)) sizes[name] = value.length
    }
    return {
      faults: injected + points + scripted.length,
      nodes: typeof nodes === 'number' ? nodes : nodes.length,
      events: failure.facts.step,
      deliveries: record.deliveries,
      late: lateDeliveries(record),
      deviations: record.deviations.length,
      virtualMs: failure.facts.virtualMs,
      parameters: sizes,
    }
  }
}

/** How much shorter a run got, in one line. */
export function formatShrinking({ before, after, runs, exhausted }: Shrinking): string {
  const from = (name: string, was: number, is: number) => `${name} ${Math.round(was)} -> ${Math.round(is)}`
  const parts = [
    from('faults', before.faults, after.faults),
    from('nodes', before.nodes, after.nodes),
    ...Object.entries(before.parameters).map(([name, was]) => from(name, was, after.parameters[name] ?? was)),
    from('events', before.events, after.events),
    from('deliveries', before.deliveries, after.deliveries),
    from('late', before.late, after.late),
    ...(before.deviations === 0 ? [] : [from('choices', before.deviations, after.deviations)]),
    from('virtual ms', before.virtualMs, after.virtualMs),
  ]
  return `${parts.join(', ')} (${runs} runs${exhausted ? ', all that it may take' : ''})`
}
