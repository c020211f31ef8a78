/** `node src/main.ts [--seconds 10] [--clients 8] [--election-timeout 200]`: a replicated store; a second, a kill. */
import { parseArgs } from 'node:util'
import { killedStore } from './killed-store.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '8' },
    'election-timeout': { type: 'string', default: '200' },
  },
})
const electionTimeoutMs = wholeNumber('election-timeout')
const options = { kills: wholeNumber('seconds'), everyMs: 1_000, electionTimeoutMs, clients: wholeNumber('clients') }
const figures = await killedStore(options, ({ leader, gapMs }) =>
  console.log(`killed ${leader ? 'the leader' : 'a follower'}: no write was answered for ${gapMs.toFixed(0)} ms`),
)
const ofLeaders = figures.kills.filter(({ leader }) => leader).map(({ gapMs }) => gapMs)
const median = ofLeaders.sort((left, right) => left - right)[Math.floor(ofLeaders.length / 2)]
console.log(
  `${figures.operations} operations, ${figures.unanswered} not answered; linearizable: ${figures.linearizable}`,
)
if (median !== undefined) {
  console.log(
    `median after a kill of the leader: ${median.toFixed(0)} ms; the election timeout is ${electionTimeoutMs} ms`,
  )
}
process.exitCode = figures.linearizable === true ? 0 : 1

function wholeNumber(name: keyof typeof values): number {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name} takes a whole number above 0, got ${JSON.stringify(values[name])}`)
  process.exit(2)
}
