/** Sends on whatever it does not know itself, and says what it was. */
import { type ActorDefinition, type ActorRef, defineActor } from '@troupe/core'

interface Own {
  names: () => string[]
  forwardThenFail: () => void
}

/** Any protocol, and the forwarder's own messages: such a definition can be generic. */
export function forwarder<Protocol extends object>(
  module?: string,
): ActorDefinition<Protocol & Own, { to: ActorRef<any> }> {
  return defineActor<Own>()({
    name: 'Forwarder',
    ...(module === undefined ? {} : { module }),
    init: (args: { to: ActorRef<any> }) => ({ to: args.to, names: [] as string[] }),
    on: {
      names: (state) => state.names,
      forwardThenFail(state, _message, ctx) {
        ctx.forward(state.to)
        throw new RangeError('after the forward')
      },
    },
    otherwise(state, { name }, ctx) {
      state.names.push(name)
      ctx.forward(state.to)
      return 'not the reply'
    },
  }) as ActorDefinition<Protocol & Own, { to: ActorRef<any> }>
}

interface Greeting {
  /** Answers with who sent it, by reference key. */
  whoSent: () => string
  note: (text: string) => void
  missing: () => void
}

export const Forwarder = forwarder<Greeting>(import.meta.url)
