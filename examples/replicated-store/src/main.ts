/** `node src/main.ts [--seconds 10] [--clients 8] [--election-timeout 200]`: a replicated store whose threads are killed. */
import { parseArgs } from 'node:util'
import { killedStore } from './killed-store.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '8' },
    'election-timeout': { type: 'string', default: '200' },
  },
})
const electionTimeoutMs = Number(values['election-timeout'])
const options = { kills: Math.max(1, Math.floor(Number(values.seconds) / 2)), everyMs: 1_000, electionTimeoutMs }
const figures = await killedStore({ ...options, clients: Number(values.clients) }, ({ leader, gapMs }) =>
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
