/** The processes of a round-based algorithm as the checker has them: each on a node of its own, with a disk. */
import type { StateView } from '@troupe/checker'
import type { RoundConfiguration } from '@troupe/consensus'
import { type ActorDefinition, namedRef } from '@troupe/core'

/** What an instance is made of. */
interface RoundInstance<Protocol> {
  readonly instance: string
  readonly processes: number
  readonly roundsMax: number
  readonly definition: ActorDefinition<Protocol, any>
}

/** The process with an id, as the checker calls it. */
export const actorOf = (id: string): string => `${id}/process`

/** The ids of the processes, their configuration, and the actors to check. */
export function roundProcesses<Protocol>({ instance, processes, roundsMax, definition }: RoundInstance<Protocol>) {
  const ids = Array.from({ length: processes }, (_, index) => `p${index}`)
  const configuration: RoundConfiguration<Protocol> = {
    instance,
    members: ids.map((id) => ({ id, node: id, process: namedRef(definition, { node: id, name: 'process' }) })),
    faulty: Math.ceil(processes / 2) - 1,
    resendMs: 1,
    roundsMax,
  }
  const process = { name: 'process', definition, durableId: 'process' }
  return { ids, configuration, actors: ids.map((id) => ({ ...process, node: id, args: { configuration, id } })) }
}

/** Claims about crashes, where there are any. */
export function crashClaims(
  crashes: number,
  ids: readonly string[],
): Readonly<Record<string, (view: StateView) => boolean>> {
  if (crashes === 0) return {}
  const roundOf = (state: { readonly round: number }) => state.round
  return {
    'a word is not synced when its node crashes': (view) =>
      ids.some((id) => roundOf(view.synced(actorOf(id))) < roundOf(view.state(actorOf(id)))),
  }
}
