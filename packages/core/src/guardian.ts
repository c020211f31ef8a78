/**
 * The guardian: the actor at the root of a node. What is placed on the node from elsewhere runs under it; asking it
 * `spawn` is how another node starts an actor here, `lookup` how it finds one, and `backlogs` how it learns how much
 * waits for actors here.
 */
import { type CompiledDefinition, defineActor } from './actor-definition.ts'
import { type ActorRef, Ref } from './actor-ref.ts'
import { toError } from './errors.ts'
import { lettingOut } from './message-value.ts'
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

/** What the guardian's own node gives it; never sent anywhere. */
export interface GuardianPort {
  readonly definitions: Definitions
  /** Until they have started nothing is spawned; when they have not, nothing ever is. */
  readonly services: { readonly ready: Promise<void> | undefined }
  /** The living actor at a path under the guardian. */
  lookup(path: string): ActorRef<any> | undefined
  /** How many messages wait for an actor of this node, with the one that it is busy with. */
  backlog(ref: ActorRef<any>): number | undefined
}

export type GuardianProtocol = {
  spawn: (request: SpawnRequest) => ActorRef<any>
  lookup: (path: string) => ActorRef<any> | undefined
  /** Tells the sender `message` with how much waits for each of `refs`. */
  backlogs: (request: { readonly refs: readonly ActorRef<any>[]; readonly message: string }) => void
}

/** The guardian of a node. */
export function guardianOf(node: string): ActorRef<GuardianProtocol> {
  return new Ref(node, -1, -1, -1, guardianName)
}

export const Guardian = defineActor<GuardianProtocol>()({
  name: 'Guardian',
  supervise: { onFailure: 'resume' },
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  init: (port: object) => port as GuardianPort,
  on: {
    lookup: (state, path) => state.lookup(path),
    backlogs(state, { refs, message }, ctx) {
      const backlogs = refs.map((ref) => ({ ref, waiting: state.backlog(ref) ?? 0 }))
      if (ctx.sender !== undefined) ctx.tell(ctx.sender, message, backlogs)
    },
    spawn(state, request, ctx) {
      const reply = ctx.deferReply<ActorRef<any>>()
      const start = (definition: CompiledDefinition) => {
        // They came in a message, so that nobody else has them.
        lettingOut(request.args)
        try {
          ctx.reply(reply, ctx.spawn(definition, request.args, request.options))
        } finally {
          lettingOut(undefined)
        }
      }
      // What is wrong with a request is the asker's to know; the guardian itself goes on.
      const refuse = (error: unknown) => ctx.replyError(reply, toError(error))
      try {
        const definition = state.definitions.resolve(request.definition)
        const { ready } = state.services
        if (ready !== undefined || definition instanceof Promise)
          return Promise.all([definition, ready])
            .then(([resolved]) => start(resolved))
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
