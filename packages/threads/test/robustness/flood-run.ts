/**
 * Floods one actor from many senders, then lets pairs of actors write to each other over full channels.
 *
 *     node packages/threads/test/robustness/flood-run.ts [--threads 4] [--senders 8] [--messages 50000] [--letters 3000]
 *
 * Exit code 0 only if everything that was sent is accounted for: delivered once and in order, or a dead letter.
 */
import { parseArgs } from 'node:util'
import { runCorrespondence, runFlood } from './flood.ts'

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '4' },
    senders: { type: 'string', default: '8' },
    messages: { type: 'string', default: '50000' },
    letters: { type: 'string', default: '3000' },
  },
})
const wholeOf = (name: keyof typeof values): number => {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`--${name} must be a whole number from 1, not ${values[name]}`)
}
const [threads, letters] = [wholeOf('threads'), wholeOf('letters')]
let missing = 0
const report = (title: string, figures: object, isWhole: boolean): void => {
  if (!isWhole) missing++
  console.log(`${isWhole ? 'ok     ' : 'MISSING'} ${title}: ${JSON.stringify(figures)}`)
}

const flood = await runFlood({ threads, senders: wholeOf('senders'), messages: wholeOf('messages') })
report('flood', flood, flood.inOrder && flood.delivered + flood.dropped === flood.sent)
for (const holds of [false, true]) {
  for (const count of [2, 3, threads]) {
    // Where one thread stands still, somebody must be left who writes past it.
    if (holds && count < 3) continue
    const figures = await runCorrespondence({ threads: count, letters, holds })
    const { questions, received, receipts, answers, overloads, dropped, inOrder } = figures
    const lost = figures.letters - received + (received - receipts) + overloads
    const title = `${count} threads in a ring${holds ? ', one of them standing still' : ''}`
    report(title, figures, inOrder && answers + overloads === questions && lost === dropped)
  }
}
process.exitCode = missing === 0 ? 0 : 1
