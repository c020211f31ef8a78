/**
 * The search that one writes without a checker: breadth first over the same actors as the checker's, whose handlers it calls.
 * For each state, each message in the network and each pending timer it copies the state of the actor whose turn it is, runs
 * the handler on the copy, puts the state together again and keeps `JSON.stringify` of it in a Set. Nothing is remembered
 * between turns. What it need not do it does not: actors whose turn it is not are shared between states with what JSON shows
 * of them, messages are never copied, and the set of messages is kept sorted by insertion.
 *
 * It knows what two-phase commit needs: `tell`, timers that fire once, a network from which delivery takes nothing away.
 */
import { type ActorRef, refKey } from '@troupe/core'
import { type CompiledDefinition, cloneValue, compiled, Ref } from '@troupe/core/host'

/** An actor between two turns. */
interface Local {
  readonly state: any
  /** The message of each pending timer, by key. */
  readonly timers: ReadonlyMap<string, string>
  /** Both, as JSON can have them: made once, when the turn is over. */
  readonly shown: unknown
}

interface Message {
  readonly to: number
  readonly name: string
  readonly payload: unknown
  /** What it is sorted and shown by. */
  readonly key: string
}

interface Global {
  readonly locals: readonly Local[]
  /** Sorted by key. */
  readonly network: readonly Message[]
}

/** What of a check's options it takes. */
interface ActorProgram {
  readonly actors: readonly {
    readonly name: string
    readonly definition: any
    readonly args: (ref: (name: string) => ActorRef<any>) => any
  }[]
  readonly always: Readonly<Record<string, (view: any) => boolean>>
}

/** Explores every state of `program`, checks what is to hold always, and returns how many states there are. */
export function naiveActorSearch({ actors, always }: ActorProgram): number {
  const names = actors.map(({ name }) => name)
  const refs = names.map((name) => new Ref('local', -1, -1, -1, name))
  const indexes = new Map(refs.map((ref, index) => [refKey(ref), index]))
  const definitions: CompiledDefinition[] = actors.map(({ definition }) => compiled(definition))

  /** The state after a turn of `actor`. */
  const turn = (
    global: Global,
    actor: number,
    fired: string | undefined,
    run: (state: any, ctx: any) => void,
  ): Global => {
    const before = global.locals[actor] as Local
    const state = cloneValue(before.state)
    const timers = new Map(before.timers)
    if (fired !== undefined) timers.delete(fired)
    let network = global.network
    run(state, {
      self: refs[actor],
      timers: {
        once: ({ key }: { key: string }, name: string) => timers.set(key, name),
        cancel: (key: string) => timers.delete(key),
      },
      tell: (ref: ActorRef, name: string, payload: unknown) => {
        const to = indexes.get(refKey(ref)) as number
        const key = `${actor} ${to} ${name} ${JSON.stringify(payload)}`
        if (network.some((message) => message.key === key)) return
        const at = network.findIndex((message) => message.key > key)
        network = network.toSpliced(at < 0 ? network.length : at, 0, { to, name, payload, key })
      },
    })
    return { locals: global.locals.with(actor, localOf(state, timers)), network }
  }

  const keyOf = ({ locals, network }: Global): string =>
    JSON.stringify([locals.map(({ shown }) => shown), network.map(({ key }) => key)])

  let initial: Global = {
    locals: actors.map(({ args }, index) => {
      return localOf(definitions[index]?.init(args((name) => refs[names.indexOf(name)] as ActorRef)), new Map())
    }),
    network: [],
  }
  for (const [actor, { started }] of definitions.entries()) {
    initial = turn(initial, actor, undefined, (state, ctx) => started?.(state, ctx))
  }
  const seen = new Set([keyOf(initial)])
  let frontier = [initial]
  while (frontier.length > 0) {
    const found: Global[] = []
    const reach = (next: Global) => {
      const key = keyOf(next)
      if (seen.has(key)) return
      seen.add(key)
      found.push(next)
      const view = { actors: names, state: (name: string) => next.locals[names.indexOf(name)]?.state }
      for (const [property, holds] of Object.entries(always)) if (!holds(view)) throw new Error(`violated: ${property}`)
    }
    for (const global of frontier) {
      for (const { to, name, payload } of global.network) {
        const handler = definitions[to]?.handlers.get(name) as (state: any, payload: unknown, ctx: any) => void
        reach(turn(global, to, undefined, (state, ctx) => handler(state, payload, ctx)))
      }
      for (const [actor, { timers }] of global.locals.entries()) {
        for (const [key, name] of timers) {
          const handler = definitions[actor]?.handlers.get(name) as (state: any, payload: unknown, ctx: any) => void
          reach(turn(global, actor, key, (state, ctx) => handler(state, undefined, ctx)))
        }
      }
    }
    frontier = found
  }
  return seen.size
}

function localOf(state: unknown, timers: ReadonlyMap<string, string>): Local {
  return { state, timers, shown: [plain(state), [...timers.keys()].sort()] }
}

/** What JSON has not, as what it has. */
function plain(value: any): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Ref) return refKey(value)
  if (value instanceof Set) return Array.from(value, plain).sort()
  if (Array.isArray(value)) return value.map(plain)
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) copy[key] = plain(value[key])
  return copy
}
