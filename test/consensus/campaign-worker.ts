/** A thread of the campaign: takes seeds from the main thread one by one, and answers each with its run. */
import { parentPort } from 'node:worker_threads'
import { runPaxos } from '@troupe/scenarios'

parentPort?.on('message', async ({ seed, nodes }: { seed: number; nodes: number }) => {
  parentPort?.postMessage(await runPaxos(seed, { nodes }))
})
