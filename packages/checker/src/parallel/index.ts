/**
 * `@troupe/checker/parallel`: a search on several threads, run by Troupe itself. Each of the actors that share it owns the
 * states of one hash, and a level of the search is over when everything that they sent each other has arrived.
 */
import type { ActorRef } from '@troupe/core'
import { createSystem } from '@troupe/threads'
import type { CheckResult, ModelCheckResult } from '../check.ts'
import { CheckerError } from '../checker-error.ts'
import type { Cut } from '../explorer.ts'
import type { Violation } from '../properties.ts'
import { limitsOf, type Searched, wholeFrom } from '../search.ts'
import type { StateAddress } from './partition.ts'
import { PartitionActor, type PartitionProtocol, type PartReport } from './partition-actor.ts'
import { type SearchSource, searchedOf } from './search-source.ts'

export type { SearchSource } from './search-source.ts'

/** A level may take hours. */
const wait = { timeoutMs: 24 * 60 * 60 * 1_000 }

/**
 * As `check` of what `source` gives, on `threads` worker threads: the same counts and verdicts, with one difference. A level
 * is finished before the search ends, so a search that stops early, at a violation or a limit, has seen all of its last
 * level; which of several equally short counterexamples it shows may differ too. Throws a `CheckerError` for `symmetry` and
 * `eventually`, which need one thread.
 */
export async function checkParallel(
  source: SearchSource,
  options: { readonly threads: number },
): Promise<CheckResult | ModelCheckResult<any>> {
  const threads = wholeFrom('threads', 1, options.threads)
  const { searched, options: checked } = await searchedOf(source)
  const limits = limitsOf(checked)
  const { stopAtViolation = true } = checked
  const deadline = performance.now() + limits.secondsMax * 1_000
  await using system = await createSystem({ threads, development: false, log: 'none' })
  const mailbox = { capacity: Number.POSITIVE_INFINITY }
  const parts = await Promise.all(
    Array.from({ length: threads }, (_, index) =>
      system.spawn(PartitionActor, undefined, { node: `node-${index + 1}`, mailbox }),
    ),
  )
  const peers: ActorRef<PartitionProtocol>[] = parts.map(({ ref }) => ref)
  let reports: readonly PartReport[] = await Promise.all(
    parts.map((part, index) => part.askWith(wait, 'begin', { source, index, peers })),
  )
  const sum = (count: (report: PartReport) => number) => reports.reduce((total, report) => total + count(report), 0)
  let depth = 1
  let cut: Cut | undefined
  for (;;) {
    if (stopAtViolation && sum(({ violations }) => violations.length) > 0) cut = 'violation'
    else if (sum(({ distinct }) => distinct) > limits.statesMax) cut = 'statesMax'
    else if (sum(({ frontier }) => frontier) > 0) {
      if (depth >= limits.depthMax) cut = 'depthMax'
      else if (performance.now() > deadline) cut = 'secondsMax'
    }
    if (cut !== undefined || sum(({ frontier }) => frontier) === 0) break
    const sent = await Promise.all(parts.map((part) => part.askWith(wait, 'expand')))
    reports = await Promise.all(
      parts.map((part, index) =>
        part.askWith(wait, 'settle', { batches: sent.reduce((total, counts) => total + (counts[index] as number), 0) }),
      ),
    )
    if (sum(({ frontier }) => frontier) > 0) depth++
  }

  const violations = reports
    .flatMap((report, part) => report.violations.map((found) => ({ ...found, part })))
    .sort((left, right) => left.level - right.level)
  const firsts = violations.filter(
    (one, index) =>
      violations.findIndex(({ kind, property }) => kind === one.kind && property === one.property) === index,
  )
  const shown = stopAtViolation ? firsts.slice(0, 1) : firsts
  const counterexamples = []
  for (const { kind, property, part, id } of shown) {
    const tuples = await runTo({ part, id }, searched, (at) =>
      (parts[at.part] as (typeof parts)[number]).askWith(wait, 'describe', { id: at.id }),
    )
    const violation: Violation = { kind, property, lasso: { path: [], loopsTo: undefined }, failed: undefined }
    counterexamples.push(searched.trace(violation, { tuples, steps: stepsAlong(searched, tuples) }))
  }
  const complete = cut === undefined
  const isShown = (name: string) => shown.some(({ kind, property }) => kind === 'always' && property === name)
  const isUnseen = (name: string) => reports.every(({ unseen }) => unseen.includes(name))
  const verdicts = (named: object | undefined, verdict: (name: string) => 'holds' | 'fails' | 'unknown') =>
    Object.fromEntries(Object.keys(named ?? {}).map((name) => [name, verdict(name)]))
  return {
    distinct: sum(({ distinct }) => distinct),
    generated: sum(({ generated }) => generated),
    depth,
    complete,
    cut,
    always: verdicts(checked.always, (name) => (isShown(name) ? 'fails' : complete ? 'holds' : 'unknown')),
    sometimes: verdicts(checked.sometimes, (name) => (!isUnseen(name) ? 'holds' : complete ? 'fails' : 'unknown')),
    eventually: {},
    counterexample: counterexamples[0],
    counterexamples,
  }
}

/** The states on the way to one, as this thread numbers them. */
async function runTo(
  address: StateAddress,
  { portable }: Searched<any, any, any>,
  describe: (at: StateAddress) => Promise<{ readonly parts: readonly unknown[]; readonly parent: StateAddress }>,
): Promise<Int32Array[]> {
  const tuples: Int32Array[] = []
  for (let at = address; at.part >= 0; ) {
    const { parts, parent } = await describe(at)
    tuples.push(Int32Array.from(parts, (part, place) => portable.importPart(place, part)))
    at = parent
  }
  return tuples.reverse()
}

function stepsAlong({ system }: Searched<any, any, any>, tuples: readonly Int32Array[]): unknown[] {
  return tuples.slice(1).map((to, index) => {
    let taken: unknown
    system.expand((tuples[index] as Int32Array).slice(), (step, next) => {
      if (step.error === undefined && next.every((part, place) => part === to[place])) taken = step
      return taken !== undefined
    })
    if (taken === undefined) throw new CheckerError(`no step leads to state ${index + 1} of the counterexample`)
    return taken
  })
}
