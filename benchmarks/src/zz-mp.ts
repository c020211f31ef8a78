// Copy to benchmarks/src/, run by node24: processor time of a delivery of simulated Multi-Paxos, by dozens of seeds. Never commit it.
import { runMultiPaxos } from '@troupe/scenarios'

const opts = { nodes: 5, faultsMs: 20000, harmOnly: process.argv[2] === 'harm' }
for (let k = 0; k < 8; k++) {
  let d = 0
  const c = process.cpuUsage()
  const b = performance.now()
  for (let s = 1; s <= 12; s++) d += (await runMultiPaxos(s + k * 12, opts)).deliveries
  const ms = performance.now() - b
  const { user, system } = process.cpuUsage(c)
  console.log(k, d, 'deliveries', Math.round((d / ms) * 1000), '/s', ((user + system) / d).toFixed(2), 'cpu us each')
}
