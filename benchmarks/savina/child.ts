/**
 * One program of the suite in a process of its own, to be profiled: `node child.ts NAME MS`. After a run that is not
 * counted it runs for at least so many milliseconds, a whole run at a time, each verified, and prints a line of JSON for
 * each: `startedUs`, by the clock that profiles have, and `nanoseconds`.
 */
import { availableParallelism } from 'node:os'
import { programs } from './programs.ts'
import { Stage } from './stage.ts'

const [name = '', ms = ''] = process.argv.slice(2)
const program = programs.find((candidate) => candidate.name === name)
if (program === undefined) throw new RangeError(`there is no program ${name}`)
const prepared = program.prepare(program.size)
const stage = await Stage.open({ threads: availableParallelism() })
stage.use(program.oneThread ? 'one' : 'all')
let left = BigInt(ms) * 1_000_000n
for (let isWarm = false; !isWarm || left > 0n; isWarm = true) {
  const started = process.hrtime.bigint()
  const verify = await prepared.run(stage)
  const took = process.hrtime.bigint() - started
  verify()
  await stage.clear()
  if (!isWarm) continue
  left -= took
  process.stdout.write(`${JSON.stringify({ startedUs: Number(started / 1_000n), nanoseconds: Number(took) })}\n`)
}
await stage.close()
