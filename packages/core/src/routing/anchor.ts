/**
 * An anchor: the child of a pool that holds one routee on another node. It starts the routee away from the pool's turns,
 * so that nobody waits for it, and ties it to the pool: a routee stops when its anchor does, and the anchor is a child.
 */
import { type ActorDefinition, defineActor } from '../actor-definition.ts'
import type { ActorRef } from '../actor-ref.ts'
import { toError } from '../errors.ts'
import type { NodeChoice } from '../placement.ts'
import type { SpawnOptions } from '../spawn-options.ts'

/** What an anchor starts, for whom. */
export interface AnchorArgs {
  readonly pool: ActorRef<any>
  readonly node: NodeChoice
  readonly args: any
  readonly options: SpawnOptions
}

/** The anchor of one routee of the pool. It tells the pool `@started` or `@notStarted`. */
export function defineAnchor(poolName: string, routee: ActorDefinition<any, any>): ActorDefinition<object, AnchorArgs> {
  return defineActor({
    name: `${poolName}.anchor`,
    init: (args: AnchorArgs) => args,
    supervise: { onFailure: 'stop' },
    async started({ pool, node, args, options }, ctx) {
      // A name of its own, so that a request which a network doubles starts one actor and not two.
      const { epoch, incarnation } = ctx.self
      const name = `${poolName}@${ctx.node.replaceAll(/[^\w.:-]/g, '_')}.${epoch}.${incarnation}`
      try {
        ctx.tell(pool, '@started', await ctx.spawnOn(node, routee, args, { ...options, name }))
      } catch (thrown) {
        ctx.tell(pool, '@notStarted', toError(thrown))
        ctx.stop()
      }
    },
    on: {},
  })
}
