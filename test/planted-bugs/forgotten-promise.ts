/**
 * Searches 200 seeds for the acceptor that forgets its promise, shows the seed that finds it and runs it again:
 *
 *     node test/planted-bugs/forgotten-promise.ts
 */
import { findBug, printFinding, seedsOf } from '@troupe/scenarios'

const finding = await findBug('forgotten-promise', { seeds: seedsOf('200') })
console.log(printFinding(finding))
process.exitCode = finding.first !== undefined && finding.replayed ? 0 : 1
