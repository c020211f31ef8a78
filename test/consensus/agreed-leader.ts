// The example of docs/consensus.md, which quotes this file whole but for this line.
import { type SuspicionListener, startChandraToueg, startFailureDetectors } from '@troupe/consensus'
import { type ActorSystem, defineActor } from '@troupe/core'

/** Knows who is suspected, without asking: its detector tells it. */
export const Watcher = defineActor<SuspicionListener & { suspects: () => string[] }>()({
  name: 'Watcher',
  module: import.meta.url,
  init: () => ({ suspects: new Set<string>() }),
  on: {
    suspicion({ suspects }, { id, suspected }) {
      if (suspected) suspects.add(id)
      else suspects.delete(id)
    },
    suspects: ({ suspects }) => [...suspects],
  },
})

/** A failure detector on each node, and a watcher on the first that its detector tells of every suspicion. */
export async function watch(system: ActorSystem, nodes: readonly string[]) {
  const [first] = nodes as [string, ...string[]]
  const watcher = await system.spawn(Watcher, undefined, { node: first })
  const listenerOf = (id: string) => (id === first ? watcher.ref : undefined)
  const detectors = await startFailureDetectors(system, {
    group: 'cluster',
    members: nodes,
    intervalMs: 20,
    listenerOf,
  })
  return { watcher, detectors }
}

/** Every node proposes itself; all hear the same one of them. Nothing of it runs afterwards. */
export async function agreeOnLeader(system: ActorSystem, nodes: readonly string[], term: number): Promise<string> {
  const { instance, members, detectors } = await startChandraToueg(system, {
    instance: `leader-${term}`,
    members: nodes,
    detectorMs: 20,
  })
  try {
    const heard = members.map(({ id, process }) => system.ask(process, 'propose', { instance, value: id }))
    return (await Promise.any(heard)) as string
  } finally {
    const actors = [...members.map(({ process }) => process), ...detectors.map(({ detector }) => detector)]
    await Promise.all(actors.map((actor) => system.stopActor(actor)))
  }
}
