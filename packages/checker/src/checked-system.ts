/**
 * The actors of a check: a fixed set, each with a label, a named reference and one cell, which every turn of that
 * actor reuses. Nothing is spawned and nobody stops, so an actor is its number here, from 0 in the order given.
 */
import {
  type ActorDefinition,
  type ActorRef,
  type ArgsOf,
  namedRef,
  refKey,
  type ServiceImplementations,
} from '@troupe/core'
import { ActorCell, cloneValue, compiled, type Ref } from '@troupe/core/host'
import { CheckerError } from './checker-error.ts'

/** Finds the other actors: by the name given to the actor, or `node/name` where a node was given too. */
export type RefByName = (name: string) => ActorRef<any>

/** One actor of a checked system. */
export type CheckedActor<Definition extends ActorDefinition<any, any> = ActorDefinition<any, any>> = {
  /** Its name under its node's guardian: what `namedRef` says. */
  readonly name: string
  /** The node it lives on. Default `local`. */
  readonly node?: string
  readonly definition: Definition
  /** Makes it durable, as the option of `spawn` does: where crashes are explored, it comes back with what it persisted. */
  readonly durableId?: string
  /** What its store holds, as its definition's `snapshot` gives it: it begins with what `restore` makes of that, not `init`. */
  readonly stored?: unknown
  /** Nothing that it is sent is kept: for those outside who do nothing with what they hear. Default false. */
  readonly sink?: boolean
} & (undefined extends ArgsOf<Definition>
  ? { readonly args?: CheckedArguments<Definition> }
  : void extends ArgsOf<Definition>
    ? { readonly args?: CheckedArguments<Definition> }
    : { readonly args: CheckedArguments<Definition> })

/** The arguments of `init`, or a function that makes them from the references of the system's actors. */
type CheckedArguments<Definition> = ArgsOf<Definition> | ((ref: RefByName) => ArgsOf<Definition>)

/** An actor as the search knows it. */
export interface SystemActor {
  /** `name`, or `node/name` where a node was given. */
  readonly label: string
  readonly node: string
  readonly name: string
  readonly ref: Ref
  readonly cell: ActorCell
  /** What `init` made. */
  readonly initial: unknown
  readonly durableId: string | undefined
  readonly isSink: boolean
}

export class CheckedSystem {
  readonly actors: readonly SystemActor[]
  readonly #services: ServiceImplementations
  readonly #indexes = new Map<string, number>()

  constructor(checked: readonly CheckedActor[], services: ServiceImplementations) {
    this.#services = services
    if (checked.length === 0) throw new CheckerError('check needs at least one actor in actors')
    const refs = new Map<string, Ref>()
    const placed = checked.map(({ name, node, definition, durableId, stored, sink = false, args }) => {
      const label = node === undefined ? name : `${node}/${name}`
      if (refs.has(label)) throw new CheckerError(`check: two actors are named ${label}; give each its own name`)
      const ref = namedRef(definition, { node: node ?? 'local', name }) as Ref
      refs.set(label, ref)
      return {
        label,
        name,
        node: node ?? 'local',
        ref,
        durableId,
        stored,
        isSink: sink,
        definition: compiled(definition),
        args,
      }
    })
    const refByName: RefByName = (name) => {
      const ref = refs.get(name)
      if (ref !== undefined) return ref
      throw new CheckerError(`check: args ask for actor ${name}; there are ${[...refs.keys()].join(', ')}`, { name })
    }
    this.actors = placed.map(({ label, name, node, ref, durableId, stored, isSink, definition, args }, index) => {
      for (const service of definition.uses) {
        if (this.twin(service) !== undefined) continue
        const what = `actor ${label} uses service ${service}, which check was not given: pass a twin in services`
        throw new CheckerError(what, { actor: label, service })
      }
      const given = typeof args === 'function' ? args(refByName) : args
      this.#indexes.set(refKey(ref), index)
      let state: unknown
      try {
        state = stored === undefined ? definition.init(cloneValue(given)) : definition.restore(cloneValue(stored))
      } catch (cause) {
        const what = stored === undefined ? 'init' : 'restore'
        throw new CheckerError(`actor ${label}: ${what} threw: ${String(cause)}`, { actor: label }, { cause })
      }
      const cell = new ActorCell(definition, ref, undefined, given, { name }, state)
      return { label, node, name, ref, cell, initial: state, durableId, isSink }
    })
  }

  /** The number of the actor that `ref` means. */
  indexOf(ref: ActorRef): number | undefined {
    return this.#indexes.get(refKey(ref))
  }

  /** The twin of a service, when there is one. */
  twin(service: string): unknown {
    return Object.hasOwn(this.#services, service) ? this.#services[service] : undefined
  }

  label(actor: number): string {
    return (this.actors[actor] as SystemActor).label
  }
}
