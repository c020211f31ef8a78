/**
 * What a search holds for each distinct state, in bytes: run with `--expose-gc`, in a process of its own for each program, by
 * `checker.ts`. A first search loads all code and counts the states; in a second one a property that is looked at in the
 * last state has garbage collected and measures what is left, heap and array buffers, over what there was before.
 *
 *     node --expose-gc checker-memory.ts paxos-register '{"servers":3}'      prints {"distinct":16668,"bytesPerState":...}
 */
import { setImmediate } from 'node:timers/promises'
import { check } from '@troupe/checker'
import { programOptions } from '@troupe/checker/programs'

const [name = '', parameters = '{}'] = process.argv.slice(2)
const options = (): any => programOptions(name, { parameters: JSON.parse(parameters) })

function bytesUsed(): number {
  // The first leaves what it has finalized, and what only weak maps held.
  for (let round = 0; round < 4; round++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const { distinct } = check(options())
await setImmediate()
const before = bytesUsed()
let seen = 0
let after = 0
const measured = () => {
  if (++seen === distinct) after = bytesUsed()
  return true
}
const searched = options()
check({ ...searched, always: { ...searched.always, measured } })
console.log(JSON.stringify({ distinct, bytesPerState: Math.round((after - before) / distinct) }))
