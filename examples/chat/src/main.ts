/** The conversation on three threads, one of which is killed, as two of the three saw it. */
import { createSystem } from '@troupe/threads'
import { converse } from './conversation.ts'

await using system = await createSystem({ threads: 3 })
const { ada, cleo } = await converse(system, (node) => system.killNode(node))

console.log("ada's screen:\n")
for (const line of ada) console.log(`  ${line}`)
const same = JSON.stringify(ada.slice(-cleo.length)) === JSON.stringify(cleo)
console.log(`\ncleo ${same ? 'saw the same since she came' : `saw something else: ${JSON.stringify(cleo)}`}`)
process.exitCode = same ? 0 : 1
