/**
 * The actors of a check, each with a label, a reference and one cell, which every turn of that actor reuses. An actor is its
 * number here: from 0 in the order given, and then the children, whom every run calls by the same numbers.
 */
import {
  type ActorDefinition,
  type ActorRef,
  type ArgsOf,
  ConfigurationError,
  namedRef,
  refKey,
  type ServiceImplementations,
  type SpawnOptions,
  type SuperviseOptions,
} from '@troupe/core'
import {
  ActorCell,
  type CompiledDefinition,
  cloneValue,
  compiled,
  type KnownOptions,
  Ref,
  refuseUnknownOptions,
  requireOption,
  validateSpawnOptions,
} from '@troupe/core/host'
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
  /** Its supervision, as the option of `spawn`: what becomes of it when a turn fails. Else its definition says it, if it does. */
  readonly supervise?: SuperviseOptions
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
  /** Its definition or its options say what becomes of it when it fails. */
  readonly isSupervised: boolean
  /** Who spawned it; -1: it was there at the beginning. */
  readonly parent: number
}

/** What is said of one actor. */
export const knownOfActor: KnownOptions<CheckedActor> = {
  name: true,
  node: true,
  definition: true,
  durableId: true,
  supervise: true,
  stored: true,
  sink: true,
  args: true,
}

/** Throws a `ConfigurationError` that names the option of the actor that is not known or is malformed. */
function checkActor(actor: CheckedActor): void {
  refuseUnknownOptions('check: an actor', actor, knownOfActor)
  const { name, node, durableId, sink = false } = actor
  const isName = typeof name === 'string' && /^[^/]+$/.test(name)
  requireOption(isName, 'check: the name of an actor', 'a text that is not empty, without /', name)
  for (const [option, value] of Object.entries({ node, durableId })) {
    const isText = value === undefined || (typeof value === 'string' && value !== '')
    requireOption(isText, `check: ${option} of actor ${name}`, 'a text that is not empty', value)
  }
  requireOption(typeof sink === 'boolean', `check: sink of actor ${name}`, 'true or false', sink)
}

export class CheckedSystem {
  /** Those that are there at the beginning, then the children that any run has had, in the order in which they were met. */
  readonly actors: SystemActor[]
  /** How many are there at the beginning. */
  readonly rootCount: number
  /** Children, at most. */
  readonly spawnsMax: number
  readonly #places = new Map<string, number>()
  readonly #definitions: CompiledDefinition[] = []
  readonly #services: ServiceImplementations
  readonly #indexes = new Map<string, number>()

  constructor(checked: readonly CheckedActor[], services: ServiceImplementations, spawnsMax = 0) {
    this.#services = services
    this.spawnsMax = spawnsMax
    this.rootCount = checked.length
    const areActors = Array.isArray(checked) && checked.length > 0
    requireOption(areActors, 'check: actors', 'a list of at least one actor, { name, definition }', checked)
    for (const actor of checked) checkActor(actor)
    const refs = new Map<string, Ref>()
    const placed = checked.map(({ name, node, definition, durableId, stored, sink = false, supervise, args }) => {
      const label = node === undefined ? name : `${node}/${name}`
      if (refs.has(label)) throw new ConfigurationError(`check: two actors are named ${label}; give each its own name`)
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
        supervise,
        args,
      }
    })
    const refByName: RefByName = (name) => {
      const ref = refs.get(name)
      if (ref !== undefined) return ref
      const there = [...refs.keys()].join(', ')
      throw new ConfigurationError(`check: args ask for actor ${name}; there are ${there}`, { name })
    }
    this.actors = placed.map((actor, index) => {
      const { label, name, node, ref, durableId, stored, isSink, definition, supervise, args } = actor
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
      const options = supervise === undefined ? { name } : { name, supervise }
      if (supervise !== undefined) validateSpawnOptions(definition.name, options)
      const cell = new ActorCell(definition, ref, undefined, given, options, state)
      const isSupervised = (supervise ?? definition.supervise) !== undefined
      return { label, node, name, ref, cell, initial: state, durableId, isSink, isSupervised, parent: -1 }
    })
  }

  /** The number of the actor that `ref` means. */
  indexOf(ref: ActorRef): number | undefined {
    return this.#indexes.get(refKey(ref))
  }

  /**
   * The number of the child that `parent` spawns, by definition, options and a count, where those of `taken` were spawned before;
   * `undefined`: there is no more room. It is the same in every run, and so is its address.
   */
  placeOf(
    parent: number,
    definition: CompiledDefinition,
    { name, supervise }: SpawnOptions,
    taken: readonly number[],
  ): number | undefined {
    if (!this.#definitions.includes(definition)) this.#definitions.push(definition)
    const kind = JSON.stringify([parent, this.#definitions.indexOf(definition), name, supervise])
    for (let count = 1; ; count++) {
      const key = `${kind} ${count}`
      const place = this.#places.get(key) ?? this.#add(key, parent, definition, { name, supervise }, count)
      if (place === undefined || !taken.includes(place)) return place
    }
  }

  #add(
    key: string,
    parent: number,
    definition: CompiledDefinition,
    { name, supervise }: { readonly name: string | undefined; readonly supervise: SuperviseOptions | undefined },
    count: number,
  ): number | undefined {
    const place = this.actors.length
    if (place >= this.rootCount + this.spawnsMax) return undefined
    const { node, label: above, ref: parentRef } = this.actors[parent] as SystemActor
    const own = name === undefined ? `${definition.name}-${count}` : count === 1 ? name : `${name}#${count}`
    // A name, as the others have: what a counterexample shows is where it stands in the tree.
    const ref = new Ref(node, -1, -1, -1, `${parentRef.name}/${own}`)
    const options = { name: own, ...(supervise === undefined ? {} : { supervise }) }
    const cell = new ActorCell(definition, ref, undefined, undefined, options, undefined)
    this.actors.push({
      ...{ label: `${above}/${own}`, node, name: own, ref, cell, initial: undefined, durableId: undefined },
      ...{ isSink: false, isSupervised: (supervise ?? definition.supervise) !== undefined, parent },
    })
    this.#indexes.set(refKey(ref), place)
    this.#places.set(key, place)
    return place
  }

  /** The twin of a service, when there is one. */
  twin(service: string): unknown {
    return Object.hasOwn(this.#services, service) ? this.#services[service] : undefined
  }

  label(actor: number): string {
    return (this.actors[actor] as SystemActor).label
  }
}
