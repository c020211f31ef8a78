/**
 * One measurement in a process of its own: `node child.ts PEER JOB ...`, a job being
 * `workload,variant,size,budgetMs,rounds`. It warms up, sets a size whose run fits the budget, and prints a line of JSON
 * for each measured round: `job`, `completed`, `nanoseconds`; `value` or `latencies` where they are what is measured; and
 * `startedUs`, by the clock that profiles have. Without a job it prints what the peer does, variants by workload. Peers
 * that are programs of their own (`erlang/troupe_peer.erl`, `caf/peer.cpp`) take jobs and print rounds in the same way.
 */
import type { Open, PeerWorkload, PeerWorkloads, Session, WorkloadName } from './contract.ts'
import { type Workload, workloadNamed } from './workloads.ts'

const warmUpStepsMin = 3
const warmUpStepsMax = 8

const [peer = '', ...jobs] = process.argv.slice(2)
const { workloads } = (await import(`./${peer}/workloads.ts`)) as { workloads: PeerWorkloads }

if (jobs.length === 0) {
  const does = Object.entries(workloads).map(([name, done]) => [
    name,
    (typeof done === 'function' ? undefined : done.variants) ?? workloadNamed(name).variants ?? [''],
  ])
  process.stdout.write(JSON.stringify(Object.fromEntries(does)))
}

for (const job of jobs) {
  const [name = '', variant = '', size, budgetMs, rounds] = job.split(',')
  const workload = workloadNamed(name)
  const done = workloads[name as WorkloadName]
  if (done === undefined) throw new Error(`${peer} does not do ${name}`)
  const session = await opener(done)(variant)
  try {
    const roundSize = await warmedUp(session, workload, Number(size), Number(budgetMs))
    for (let round = 0; round < Number(rounds); round++) {
      const { latencies, ...measured } = await timed(session, workload, roundSize)
      const list = latencies === undefined ? {} : { latencies: Array.from(latencies, Math.round) }
      process.stdout.write(`${JSON.stringify({ job, ...measured, ...list })}\n`)
    }
  } finally {
    await session.close?.()
  }
}

// What a library left open is not waited for.
process.exit()

function opener(done: Open | PeerWorkload): Open {
  return typeof done === 'function' ? done : done.open
}

/** Runs until the code is compiled, and returns the size to measure: the full one, or what fits the budget. */
async function warmedUp(session: Session, workload: Workload, size: number, budgetMs: number): Promise<number> {
  const { multipleOf } = workload
  if (multipleOf === undefined) {
    if (workload.measures === 'rate') await session.run(size)
    return size
  }
  const fitting = (wanted: number) => Math.max(multipleOf, Math.floor(Math.min(size, wanted) / multipleOf) * multipleOf)
  let current = fitting(size / 100)
  for (let step = 1; step <= warmUpStepsMax; step++) {
    const { nanoseconds } = await timed(session, workload, current)
    const next = fitting(Math.min((current * budgetMs * 1e6) / nanoseconds, current * 10))
    // What was compiled late, or interrupted, took long and says little: it grows until it no longer would.
    if (step >= warmUpStepsMin && next <= current * 1.5) return next
    current = next
  }
  return current
}

async function timed(session: Session, workload: Workload, size: number) {
  const started = process.hrtime.bigint()
  const outcome = await session.run(size)
  const nanoseconds = Number(process.hrtime.bigint() - started)
  const expected = workload.units?.(size) ?? size
  if (outcome.completed !== expected) throw new Error(`completed ${outcome.completed} of ${expected}`)
  return { ...outcome, nanoseconds, startedUs: Math.round(Number(started) / 1_000) }
}
