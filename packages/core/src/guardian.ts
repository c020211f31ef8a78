/**
 * The guardian: the actor at the root of a node. What is placed on the node from elsewhere runs under it; asking it
 * `spawn` is how another node starts an actor here. Its arguments are the host's definitions port.
 */
import { type CompiledDefinition, defineActor } from './actor-definition.ts'
import type { ActorRef } from './actor-ref.ts'
import { toError } from './errors.ts'
import type { DefinitionAddress, Definitions } from './ports/definitions.ts'
import type { SpawnOptions } from './spawn-options.ts'

/** The guardian's name: a named reference with it means the guardian of that node. */
export const guardianName = '@guardian'

/** A request to start an actor on the guardian's node. */
export interface SpawnRequest {
  readonly definition: DefinitionAddress
  readonly args: unknown
  readonly options: SpawnOptions
}

export const Guardian = defineActor<{ spawn: (request: SpawnRequest) => ActorRef<any> }>()({
  name: 'Guardian',
  init: (definitions: object) => ({ definitions: definitions as Definitions }),
  on: {
    spawn(state, request, ctx) {
      const reply = ctx.deferReply<ActorRef<any>>()
      const start = (definition: CompiledDefinition) =>
        ctx.reply(reply, ctx.spawn(definition, request.args, request.options))
      // What is wrong with a request is the asker's to know; the guardian itself goes on.
      const refuse = (error: unknown) => ctx.replyError(reply, toError(error))
      try {
        const definition = state.definitions.resolve(request.definition)
        if (definition instanceof Promise)
          return definition
            .then(start)
            .catch(refuse)
            .then(() => reply)
        start(definition)
      } catch (error) {
        refuse(error)
      }
      return reply
    },
  },
})
