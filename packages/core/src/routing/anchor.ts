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

/** The anchors of a pool's routees. It tells the pool `@started` or `@notStarted`. */
export function defineAnchor(pool: string, routee: ActorDefinition<any, any>): ActorDefinition<object, AnchorArgs> {
  return defineActor({
    name: `${pool}.anchor`,
    init: (args: AnchorArgs) => args,
    supervise: { onFailure: 'stop' },
    async started({ pool, node, args, options }, ctx) {
      try {
        ctx.tell(pool, '@started', await ctx.spawnOn(node, routee, args, options))
      } catch (thrown) {
        ctx.tell(pool, '@notStarted', toError(thrown))
        ctx.stop()
      }
    },
    on: {},
  })
}
